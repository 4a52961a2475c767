package import PipelineSpec

/// Why the supervisor did not do what it was asked to.
package struct Refusal: Error, Sendable {
  package var code: ProblemCode
  package var detail: String
  /// What the pipeline would take now.
  package var allowedActions: [String]
  package var faults: [SpecFault]
  /// nil: as `code` says.
  package var retryable: Bool?

  package init(_ code: ProblemCode, _ detail: String, allowedActions: [String] = [], faults: [SpecFault] = [], retryable: Bool? = nil) {
    self.code = code
    self.detail = detail
    self.allowedActions = allowedActions
    self.faults = faults
    self.retryable = retryable
  }

  init(_ fault: DiskFault) {
    self.init(.storeUnavailable, "\(fault.message). \(fault.advice)", retryable: fault.retryable)
  }
}
