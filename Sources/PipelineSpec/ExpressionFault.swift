/// What is wrong with the text of an expression; the detail says where in it.
struct ExpressionFault: Error {
  var code: SpecFaultCode
  var detail: String
  var suggestion: String?

  /// `character`: counted from 1.
  init(_ code: SpecFaultCode, at character: Int, _ detail: String, suggestion: String? = nil) {
    self.code = code
    self.detail = "at character \(character): \(detail)"
    self.suggestion = suggestion
  }
}
