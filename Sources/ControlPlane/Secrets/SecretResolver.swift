import Glibc
import KafkaPipeline
import PipelineSpec

/// Puts values in the place of `${env:NAME}` and `${file:NAME}`, when a pipeline starts. They live in the clients of that attempt and in
/// its probe; nothing stores, shows or logs them.
package struct SecretResolver: Sendable {
  static let maxFileBytes = 1 << 20

  /// Of `${file:NAME}`; nil: the daemon was given none.
  package var directory: String?

  package init(directory: String?) { self.directory = directory }

  /// Blocks on the disk. A fault names the reference, never a value.
  func resolve(_ properties: [String: String]) throws(PipelineFailure) -> [String: String] {
    var resolved = properties
    for (name, text) in properties {
      if let reference = SecretReference(text) { resolved[name] = try value(of: reference, for: name) }
    }
    return resolved
  }

  /// Some value stands in `properties` by reference only.
  static func hasReferences(_ properties: [String: String]) -> Bool { properties.values.contains { SecretReference($0) != nil } }

  private func value(of reference: SecretReference, for property: String) throws(PipelineFailure) -> String {
    switch reference {
    case .environment(let name):
      guard let text = getenv(name).map({ String(cString: $0) }), !text.isEmpty else {
        throw Self.missing(property, "the environment variable \(name) is not set", "Start penstock with \(name) in its environment.")
      }
      return text
    case .file(let name):
      guard let directory else {
        throw Self.missing(property, "${file:\(name)} needs a folder of secrets", "Start penstock with --secrets-dir.")
      }
      let bytes: [UInt8]
      do throws(DiskFault) {
        bytes = try DiskFiles.read(directory + "/" + name, limit: Self.maxFileBytes, followsLinks: true)
      } catch { throw Self.missing(property, "\(name) in the folder of secrets: \(error.message)", error.advice) }
      // Editors end a file with a line break; a password does not.
      let trimmed = bytes.last == 0x0A && !bytes.dropLast().contains(0x0A) ? bytes.prefix { $0 != 0x0A && $0 != 0x0D } : bytes[...]
      guard !trimmed.isEmpty, !trimmed.contains(0), let text = String(validating: trimmed, as: UTF8.self) else {
        throw Self.missing(property, "\(name) in the folder of secrets is empty or no text", "Put the secret into it, as UTF-8.")
      }
      return text
    }
  }

  private static func missing(_ property: String, _ why: String, _ advice: String) -> PipelineFailure {
    PipelineFailure(
      code: "secret.missing", fault: .user, retryable: false, message: "\(property): \(why)", advice: "\(advice) Then start the pipeline again.")
  }
}
