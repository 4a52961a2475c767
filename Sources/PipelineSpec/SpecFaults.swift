/// Every fault of a document, in the order in which they were found; at most `SpecLimits.maxFaults` and one that says there are more.
package struct SpecFaults: Error, Sendable, Equatable {
  package var faults: [SpecFault]
  package init(faults: [SpecFault]) { self.faults = faults }
}
