import KafkaPipeline

@testable import ControlPlane

/// Brokers that say what a test wants.
struct FakeAdmin: ClusterAdministering {
  let fakes: World.Arc<World.Fakes>

  init(_ fakes: World.Arc<World.Fakes>) { self.fakes = fakes }

  private func call(_ name: String) throws(PipelineFailure) {
    let failure = fakes.with { fakes -> PipelineFailure? in
      fakes.adminCalls.append(name)
      return fakes.adminFailure
    }
    if let failure { throw failure }
  }

  func deleteGroup() throws(PipelineFailure) { try call("deleteGroup") }

  func missingTopics() throws(PipelineFailure) -> [String] {
    try call("missingTopics")
    return fakes.with(\.missingTopics)
  }

  func planMove(_ target: OffsetTarget, keepsWindows: Bool) throws(PipelineFailure) -> [OffsetMove] {
    try call("plan \(target) \(keepsWindows)")
    return [OffsetMove(topic: "in", partition: 0, from: 5, to: 9)]
  }

  func move(_ target: OffsetTarget, keepsWindows: Bool) throws(PipelineFailure) -> [OffsetMove] {
    try call("move \(target) \(keepsWindows)")
    return [OffsetMove(topic: "in", partition: 0, from: 5, to: 9)]
  }
}
