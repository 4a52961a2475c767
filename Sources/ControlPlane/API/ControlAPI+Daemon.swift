import HTTPServer
import RecordCodec

/// The daemon as a whole: probes, version, its own description, health and stats of every pipeline.
extension ControlAPI {
  /// A tick older than this means that the daemon itself is stuck.
  static let stalledTickMs: Int64 = 10_000
  /// The data folder is tried every 5 s; a try that takes this long counts as a fault.
  static let staleStoreCheckMs: Int64 = 30_000

  var daemonRoutes: [HTTPRoute] {
    [
      view("/livez", needs: nil) { [self] _ throws(Problem) in
        let age = supervisor.tickAgeMs
        guard age <= Self.stalledTickMs else {
          throw Problem(.daemonStalled, "the supervisor's last round was \(age) ms ago; restart the daemon")
        }
        return Answer.json(200, ["status": "ok"])
      },
      view("/readyz", needs: nil) { [self] call throws(Problem) in try readyz(call) },
      view("/version") { [self] _ throws(Problem) in
        Answer.json(
          200,
          [
            "version": .string(build.version),
            "embedded_broker": supervisor.configuration.embeddedBroker.map { .string($0) } ?? .null,
            "started_at": PipelineDocument.time(build.startedAt),
          ])
      },
      view("/openapi.json", needs: nil) { _ throws(Problem) in
        HTTPResponse(status: 200, headers: [(name: "Content-Type", value: "application/json")], body: Array((OpenAPIDocument.json + "\n").utf8))
      },
      view("/v1/health") { [self] _ throws(Problem) in
        let all = supervisor.snapshots
        let worst = all.map(\.health.level).max() ?? .ok
        return Answer.json(
          200, ["health": .string(worst.rawValue), "pipelines": .array(all.map(PipelineDocument.health))], compact: true)
      },
      view("/v1/stats") { [self] _ throws(Problem) in
        Answer.json(200, ["pipelines": .array(supervisor.snapshots.map { StatsDocument.document($0, partitions: false) })], compact: true)
      },
    ]
  }

  /// Pipelines in trouble are listed and never gate it: restarting the daemon would not help them.
  private func readyz(_ call: Call) throws(Problem) -> HTTPResponse {
    let state = supervisor.readiness
    switch state.stage {
    case .loading: throw Problem(.daemonLoading, "the daemon is still reading its data folder")
    case .draining, .closed: throw Problem(.daemonDraining, "the daemon is ending")
    case .serving: break
    }
    if let fault = state.storeFault { throw Problem(.storeUnavailable, "\(fault.message). \(fault.advice)", retryable: true) }
    if let checked = state.storeCheckedAt, supervisor.environment.steadyNow() - checked > Self.staleStoreCheckMs {
      throw Problem(.storeUnavailable, "the disk of the data folder does not answer")
    }
    // Probes need no token; names are for those who may read them.
    guard (try? access.check(call.request, needed: .read)) != nil else { return Answer.json(200, ["status": "ready", "failing": .null]) }
    let failing = supervisor.snapshots.filter { $0.health.level == .failing }
    return Answer.json(200, ["status": "ready", "failing": .array(failing.map { .string($0.name) })])
  }
}
