/// One thing wrong with a spec document (or, among warnings, one thing worth knowing). Always the author's to mend; trying the
/// same document again does not help.
package struct SpecFault: Error, Sendable, Equatable {
  /// RFC 6901; a missing member's is where it would stand, `""` is the whole document.
  package var pointer: String
  /// A raw value of `SpecFaultCode`.
  package var code: String
  /// For people. Never holds the value of a librdkafka property, since that may be a secret.
  package var detail: String
  /// What to write or do instead, when one thing is likely.
  package var suggestion: String?

  package init(pointer: String, code: String, detail: String, suggestion: String? = nil) {
    self.pointer = pointer
    self.code = code
    self.detail = detail
    self.suggestion = suggestion
  }

  init(_ pointer: String, _ code: SpecFaultCode, _ detail: String, suggestion: String? = nil) {
    self.init(pointer: pointer, code: code.rawValue, detail: detail, suggestion: suggestion)
  }
}
