import PipelineSpec
import RecordCodec

/// What `validate` found in one file.
struct Validation {
  var file: String
  var name: String?
  /// It is not even a document.
  var unreadable: String?
  var faults: [SpecFault] = []
  var warnings: [SpecFault] = []

  var isValid: Bool { unreadable == nil && faults.isEmpty }

  /// One line for each fault, so that editors find their way: `file: /pointer: detail (suggestion)`.
  func text(_ layout: Layout) -> String {
    var lines: [String] = []
    if let unreadable { lines.append("\(file): \(SafeText.line(unreadable))") }
    lines += faults.map { "\(file): \(FaultView.line(FaultView.document($0)))" }
    lines += warnings.map { "\(file): warning: \(FaultView.line(FaultView.document($0)))" }
    if isValid { lines.append("\(file): \(name ?? ""): \(Tone.good.paint("valid", layout))") }
    return lines.map { "\($0)\n" }.joined()
  }

  var document: JSONValue {
    [
      "file": .string(file), "name": name.map { .string($0) } ?? .null, "valid": .bool(isValid),
      "unreadable": unreadable.map { .string($0) } ?? .null, "errors": .array(faults.map(FaultView.document)),
      "warnings": .array(warnings.map(FaultView.document)),
    ]
  }
}
