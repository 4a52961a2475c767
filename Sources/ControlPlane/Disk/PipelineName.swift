/// Names of pipelines, which are names of folders too.
package enum PipelineName {
  /// `[a-z0-9][a-z0-9._-]{0,62}`.
  package static func isValid(_ name: String) -> Bool {
    let bytes = name.utf8
    guard let first = bytes.first, bytes.count <= 63, isLetterOrDigit(first) else { return false }
    return bytes.dropFirst().allSatisfy { isLetterOrDigit($0) || $0 == 0x2E || $0 == 0x5F || $0 == 0x2D }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
  }
}
