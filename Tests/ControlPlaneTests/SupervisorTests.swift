import Foundation
import HTTPServer
import KafkaPipeline
import PipelineSpec
import RecordCodec
import Synchronization
import Testing

@testable import ControlPlane

struct SupervisorTests {
  private static let down = PipelineFailure(
    code: "kafka.down", fault: .external, retryable: true, message: "no broker answers", advice: "start one")
  private static let denied = PipelineFailure(
    code: "kafka.denied", fault: .user, retryable: false, message: "access denied", advice: "grant it")

  @Test("What ran runs again after a new start on the same folder, and what was stopped stays stopped, spec for spec")
  func persistence() throws {
    let folder = try TestFolder()
    var specs: [String] = []
    do {
      let world = try World(folder: folder)
      try world.create("ran")
      try world.create("never", running: false)
      try world.create("halted")
      try world.create("gone", running: false)
      try world.waitPhase("halted", .running)
      #expect(try world.ask("POST", "/v1/pipelines/halted/stop", headers: [("Prefer", "wait=10")]).status == 200)
      #expect(try world.ask("DELETE", "/v1/pipelines/gone").status == 204)
      specs = try ["ran", "never", "halted"].map { String(describing: try world.ask("GET", "/v1/pipelines/\($0)/spec").body) }
      world.supervisor.beginShutdown()
      try world.wait("drained") { world.supervisor.isDrained }
      #expect(world.supervisor.drainedCleanly)
      #expect(world.attempts("ran")[0].stops == [.keepMembership], "a restart of the daemon keeps the membership")
      #expect(world.attempts("halted")[0].stops == [.leaveGroup])
      #expect(try world.ask("POST", "/v1/pipelines/never/start")["code"] == "daemon.draining")
      #expect(try world.ask("GET", "/readyz").status == 503)
    }
    let world = try World(folder: folder)
    try world.waitPhase("ran", .running)
    #expect(world.phase("never") == .stopped && world.phase("halted") == .stopped && world.phase("gone") == nil)
    #expect(try ["ran", "never", "halted"].map { String(describing: try world.ask("GET", "/v1/pipelines/\($0)/spec").body) } == specs)
    #expect(world.supervisor.snapshot("ran")?.stored?.generation == 1)
  }

  @Test("A pipeline whose stop never ends delays nobody, is given up after its deadline and says so")
  func stuck() throws {
    let world = try World {
      $0.stopDeadlineMs = 30_000
      $0.stopGraceMs = 20_000
    }
    world.behave("stuck", .stuck)
    try world.create("stuck")
    try world.create("good")
    try world.waitPhase("stuck", .running)
    #expect(try world.ask("POST", "/v1/pipelines/stuck/stop").status == 202)
    #expect(try world.ask("POST", "/v1/pipelines/good/stop", headers: [("Prefer", "wait=10")]).status == 200)
    #expect(try world.ask("GET", "/v1/stats").status == 200)
    #expect(try world.ask("GET", "/v1/pipelines").status == 200)
    #expect(world.phase("stuck") == .stopping)
    // Its clock goes on faster than the real one.
    world.fakes.with { $0.clockAheadMs = 30_000 }
    for _ in 0..<2 {
      let before = world.supervisor.readiness.lastTick
      try world.wait("a tick past the deadline") { world.supervisor.readiness.lastTick > before }
    }
    #expect(world.phase("stuck") == .stopping, "it still has its grace")
    world.fakes.with { $0.clockAheadMs = 50_000 }
    try world.waitPhase("stuck", .stopped)
    #expect(try world.ask("GET", "/v1/pipelines/stuck")["stop_was_forced"] == true)
  }

  @Test("A stuck pipeline is deleted in the end, and DELETE answers 202 before")
  func deleteStuck() throws {
    let world = try World {
      $0.stopDeadlineMs = 30_000
      $0.stopGraceMs = 5_000
      $0.deleteWaitMs = 50
    }
    world.behave("a", .stuck)
    try world.create("a")
    try world.waitPhase("a", .running)
    let reply = try world.ask("DELETE", "/v1/pipelines/a")
    #expect(reply.status == 202 && reply["phase"] == "deleting" && reply["allowed_actions"] == [])
    #expect(try world.ask("POST", "/v1/pipelines/a/start")["code"] == "pipeline.conflict")
    #expect(try world.ask("PUT", "/v1/pipelines/a", World.spec("a"))["code"] == "pipeline.conflict")
    world.fakes.with { $0.clockAheadMs = 35_000 }
    try world.wait("it is gone") { world.phase("a") == nil }
    #expect(!world.folder.exists("pipelines/a"))
    #expect(world.attempts("a")[0].stops == [.leaveGroup])
    #expect(try world.create("a").status == 201, "the name is free again")
  }

  @Test("Counters go on over attempts, gauges are those of the lanes that run")
  func counters() throws {
    let world = try World()
    world.fakes.with { fakes in
      fakes.stats.messagesConsumed = 10
      fakes.stats.skipped = ["not_json": 2]
      fakes.stats.consumerLag = 7
      fakes.stats.committedOffsets = ["in": [0: 42]]
    }
    try world.create("a")
    for _ in 0..<2 {
      try world.waitPhase("a", .running)
      #expect(try world.ask("POST", "/v1/pipelines/a/restart", headers: [("Prefer", "wait=10")]).status == 200)
    }
    let stats = try world.ask("GET", "/v1/pipelines/a/stats")
    #expect(stats["messages_consumed"] == 30 && stats["records"]?["skipped"]?["not_json"] == 6 && stats["consumer_lag"] == 7, "\(stats)")
    #expect(try world.ask("POST", "/v1/pipelines/a/stop", headers: [("Prefer", "wait=10")]).status == 200)
    let after = try world.ask("GET", "/v1/pipelines/a/stats")
    #expect(after["messages_consumed"] == 30 && after["consumer_lag"] == .null, "\(after)")
    #expect(after["committed_offsets"]?["in"]?["0"] == 42, "what was committed stays known")
    #expect(world.attempts("a").count == 3)
  }

  @Test("A failure that waiting may mend is tried again; one that it cannot is failed, with what to do")
  func failures() throws {
    let world = try World()
    world.behave("down", .fails(Self.down))
    world.behave("denied", .fails(Self.denied))
    try world.create("down")
    try world.create("denied")
    try world.waitPhase("denied", .failed)
    try world.wait("a second attempt") { world.attempts("down").count >= 2 }
    let down = try world.ask("GET", "/v1/pipelines/down")
    #expect(down["desired"] == "running" && down["last_error"]?["code"] == "kafka.down" && down["last_error"]?["advice"] == "start one")
    #expect(world.attempts("denied").count == 1)
    #expect(try world.ask("GET", "/v1/pipelines/denied/health").status == 503)
    #expect(try world.ask("GET", "/readyz").status == 200, "a pipeline's trouble is not the daemon's")
    #expect(try world.ask("GET", "/readyz")["failing"]?.arrayValue?.contains("denied") == true)
    world.behave("denied", .good)
    #expect(try world.ask("POST", "/v1/pipelines/denied/start", headers: [("Prefer", "wait=10")]).status == 200)
    #expect(try world.ask("GET", "/v1/pipelines/denied")["last_error"] == .null)
  }

  @Test("A start that waits for its broker says what stands in the way, and a stop ends it")
  func obstacle() throws {
    let world = try World()
    world.behave("a", .slow)
    try world.create("a")
    try world.wait("an attempt") { world.attempts("a").count == 1 }
    world.attempts("a")[0].change { status in
      status.failure = Self.down
      status.waitingFor = "topic in"
    }
    try world.wait("the reason is told") { try world.ask("GET", "/v1/pipelines/a")["last_error"]?["message"] == "no broker answers" }
    let body = try world.ask("GET", "/v1/pipelines/a")
    #expect(body["phase"] == "starting" && body["waiting_for"] == "topic in")
    #expect(try world.ask("POST", "/v1/pipelines/a/start").status == 202, "it joins the start that is under way")
    #expect(try world.ask("POST", "/v1/pipelines/a/stop", headers: [("Prefer", "wait=10")]).status == 200)
    #expect(world.phase("a") == .stopped)
  }

  @Test("State from before this process is dropped on the embedded broker, and only that")
  func embeddedState() throws {
    let folder = try TestFolder()
    func flags(_ world: World) throws -> [Bool] {
      try world.waitPhase("a", .running)
      #expect(try world.ask("POST", "/v1/pipelines/a/restart", headers: [("Prefer", "wait=10")]).status == 200)
      return world.attempts("a").map(\.environment.dropsOldState)
    }
    do {
      let world = try World(folder: folder) { ($0.embeddedBroker, $0.defaultBrokers) = ("127.0.0.1:7", "127.0.0.1:7") }
      try world.create("a")
      #expect(try flags(world) == [false, false])
    }
    do {
      let world = try World(folder: folder) { ($0.embeddedBroker, $0.defaultBrokers) = ("127.0.0.1:8", "127.0.0.1:8") }
      #expect(try flags(world) == [true, false])
    }
    #expect(try flags(World(folder: folder) { $0.embeddedBroker = "127.0.0.1:9" }) == [false, false], "it is on another broker")
  }

  @Test("Commands that come closer together than ticks do not keep the tick from coming")
  func denseCommands() throws {
    let world = try World { ($0.busyTickMs, $0.calmTickMs) = (300, 300) }
    try world.create("a", running: false)
    let lastTick = { world.supervisor.readiness.lastTick }
    for _ in 0..<2 {
      let before = lastTick()
      try world.wait("a tick between the commands") {
        _ = try world.ask("POST", "/v1/pipelines/a/stop")
        return lastTick() > before
      }
    }
  }

  @Test("A command makes a tick that is far away come soon")
  func earlyTick() throws {
    let world = try World { $0.calmTickMs = 3_600_000 }
    try world.create("a", running: false)
    for _ in 0..<2 {
      let before = world.supervisor.readiness.lastTick
      _ = try world.ask("POST", "/v1/pipelines/a/stop")
      try world.wait("a tick after the command") { world.supervisor.readiness.lastTick > before }
    }
  }

  @Test("Prefer: wait gives 202 when its time is up")
  func waitEnds() throws {
    let world = try World()
    world.behave("a", .slow)
    try world.create("a", running: false)
    let begun = SystemClock.steadyMs()
    let reply = try world.ask("POST", "/v1/pipelines/a/start", headers: [("Prefer", "wait=1")])
    #expect(reply.status == 202 && reply["phase"] == "starting" && SystemClock.steadyMs() - begun >= 1_000)
  }

  @Test("One probe serves all pipelines of a cluster and ends with the last of them; its answer is in their health")
  func probes() throws {
    let world = try World()
    for name in ["a", "b"] { try world.create(name) }
    let other = World.spec("c", #", "desired": "running""#).replacingOccurrences(of: #""kafka": {"#, with: #""kafka": {"brokers": "other:1", "#)
    #expect(try world.ask("POST", "/v1/pipelines", other).status == 201)
    try world.wait("two probes") { world.supervisor.probes.count == 2 }
    let probes = world.fakes.with(\.probes)
    #expect(probes.map(\.brokers).sorted() == ["localhost:9092", "other:1"])
    let shared = try #require(probes.first { $0.brokers == "localhost:9092" })
    #expect(!shared.watched.isEmpty && shared.watched == probes.first { $0.brokers != "localhost:9092" }?.watched, "the topics of both, once each")
    shared.answer = .unreachable(since: SystemClock.unixMs(), reason: "connection refused")
    try world.wait("both fail") { try ["a", "b"].allSatisfy { try world.ask("GET", "/v1/pipelines/\($0)/health").status == 503 } }
    #expect(try world.ask("GET", "/v1/pipelines/c/health").status == 200)
    for name in ["a", "b"] { _ = try world.ask("POST", "/v1/pipelines/\(name)/stop") }
    try world.wait("the probe ends") { shared.isStopped && world.supervisor.probes.count == 1 }
  }

  @Test("500 pipelines are listed, summed up and judged, each of them")
  func many() throws {
    let world = try World()
    for number in 0..<500 { try world.create("p\(number)", running: false) }
    for (path, list) in [("/v1/pipelines?limit=500", "items"), ("/v1/stats", "pipelines"), ("/v1/health", "pipelines")] {
      let reply = try world.ask("GET", path)
      #expect(reply.status == 200 && reply[list]?.arrayValue?.count == 500, "\(path)")
    }
    #expect(try world.ask("GET", "/readyz").status == 200)
  }

  @Test("A damaged spec is a failed pipeline that can be put again or deleted, and the rest runs")
  func damaged() throws {
    let folder = try TestFolder()
    do {
      let world = try World(folder: folder)
      for name in ["a", "b", "c"] { try world.create(name) }
    }
    try folder.write("pipelines/b/spec.json", #"{"name": "b""#)
    try folder.write("pipelines/c/spec.json", "")
    let world = try World(folder: folder)
    try world.waitPhase("a", .running)
    for name in ["b", "c"] {
      let body = try world.ask("GET", "/v1/pipelines/\(name)")
      #expect(body["phase"] == "failed" && body["last_error"]?["code"] == "spec.damaged", "\(body)")
      #expect(try world.ask("GET", "/v1/pipelines/\(name)/health").status == 503)
      #expect(try world.ask("GET", "/v1/pipelines/\(name)/spec")["code"] == "pipeline.spec_unusable")
      #expect(try world.ask("POST", "/v1/pipelines/\(name)/start")["code"] == "pipeline.spec_unusable")
      for view in ["stats", "offsets"] { #expect(try world.ask("GET", "/v1/pipelines/\(name)/\(view)").status == 200) }
    }
    #expect(folder.exists("pipelines/b/spec.json.corrupt"))
    #expect(try world.ask("PUT", "/v1/pipelines/b", World.spec(nil, #", "desired": "running""#)).status == 200)
    try world.waitPhase("b", .running)
    #expect(try world.ask("DELETE", "/v1/pipelines/c").status == 204)
  }

  @Test("A stored spec that needs --brokers is failed without it, and runs again with it")
  func brokersMissing() throws {
    let folder = try TestFolder()
    do { try World(folder: folder).create("a") }
    do {
      let world = try World(folder: folder) { $0.defaultBrokers = nil }
      let body = try world.ask("GET", "/v1/pipelines/a")
      #expect(body["phase"] == "failed" && body["last_error"]?["code"] == "spec.invalid" && body["desired"] == "running")
    }
    let world = try World(folder: folder)
    try world.waitPhase("a", .running)
  }

  @Test("Nothing is answered with 2xx that is not on the disk: a folder that cannot be written refuses, and GET goes on")
  func diskFault() throws {
    let world = try World()
    try world.create("a", running: false)
    // A file where the folder of pipelines has to be.
    try FileManager.default.moveItem(atPath: world.folder.path + "/pipelines", toPath: world.folder.path + "/away")
    try world.folder.write("pipelines", "in the way")
    let create = try world.ask("POST", "/v1/pipelines", World.spec("b"))
    #expect(create.status == 503 && create["code"] == "store.unavailable")
    #expect(try world.ask("GET", "/v1/pipelines/b").status == 404)
    #expect(try world.ask("POST", "/v1/pipelines/a/start").status == 503)
    #expect(world.phase("a") == .stopped)
    #expect(try world.ask("GET", "/v1/pipelines/a")["desired"] == "stopped")
    try FileManager.default.removeItem(atPath: world.folder.path + "/pipelines")
    try FileManager.default.moveItem(atPath: world.folder.path + "/away", toPath: world.folder.path + "/pipelines")
    #expect(try world.ask("POST", "/v1/pipelines/a/start", headers: [("Prefer", "wait=10")]).status == 200)
  }

  @Test("A stop that was refused leaves nothing behind: the next one drains no windows unless it is asked to")
  func refusedDrain() throws {
    let world = try World()
    try world.create("a")
    try world.waitPhase("a", .running)
    PipelineHistory.flush()
    try FileManager.default.moveItem(atPath: world.folder.path + "/pipelines", toPath: world.folder.path + "/away")
    try world.folder.write("pipelines", "in the way")
    #expect(try world.ask("POST", "/v1/pipelines/a/stop?drain=windows")["code"] == "store.unavailable")
    try FileManager.default.removeItem(atPath: world.folder.path + "/pipelines")
    try FileManager.default.moveItem(atPath: world.folder.path + "/away", toPath: world.folder.path + "/pipelines")
    #expect(try world.ask("POST", "/v1/pipelines/a/stop", headers: [("Prefer", "wait=10")]).status == 200)
    #expect(world.attempts("a").last?.state.withLock(\.drainsWindows) == false)
  }

  @Test("Before the data folder is read, livez is fine, readyz is not, and nothing about pipelines is said")
  func loading() throws {
    let world = try World(load: false)
    #expect(try world.ask("GET", "/livez").status == 200)
    for path in ["/readyz", "/v1/pipelines", "/v1/health"] { #expect(try world.ask("GET", path)["code"] == "daemon.loading") }
    #expect(try world.ask("POST", "/v1/pipelines", World.spec("a"))["code"] == "daemon.loading")
    try world.supervisor.load()
    #expect(try world.ask("GET", "/readyz").status == 200)
  }
}
