/// Gathers faults and warnings while one document is read.
final class FaultCollector {
  private(set) var faults: [SpecFault] = []
  private(set) var warnings: [SpecFault] = []

  /// No further fault will be listed, so the work of finding suggestions can be saved.
  var isFull: Bool { faults.count > SpecLimits.maxFaults }

  func add(_ pointer: String, _ code: SpecFaultCode, _ detail: String, suggestion: String? = nil) {
    if isFull { return }
    if faults.count == SpecLimits.maxFaults {
      faults.append(SpecFault("", .tooManyFaults, "there are more faults; the first \(SpecLimits.maxFaults) are listed"))
      return
    }
    faults.append(SpecFault(pointer, code, detail, suggestion: suggestion))
  }

  func warn(_ pointer: String, _ detail: String, suggestion: String? = nil) {
    if warnings.count < SpecLimits.maxFaults {
      warnings.append(SpecFault(pointer, .propertyIgnored, detail, suggestion: suggestion))
    }
  }
}
