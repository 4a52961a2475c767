import KafkaPipeline
import RecordCodec
import Synchronization
import Testing

@testable import ControlPlane

struct WriteTests {
  private static let wide = World.spec("a", size: 120_000)

  @Test("A dry run says what a spec would do, and does nothing")
  func dryRun() throws {
    let world = try World()
    let created = try world.ask("POST", "/v1/pipelines?dry_run=true", World.spec("a"))
    #expect(created.status == 200 && created["effect"] == "create" && created["valid"] == true && created["exists"] == false, "\(created)")
    #expect(world.phase("a") == nil && !world.folder.exists("pipelines/a"))

    try world.create("a")
    try world.waitPhase("a", .running)
    let same = try world.ask("PUT", "/v1/pipelines/a?dry_run=true", World.spec("a"))
    #expect(same["effect"] == "none" && same["changed"] == false && same["would_lose"] == .null)
    let wide = try world.ask("PUT", "/v1/pipelines/a?dry_run=true", Self.wide)
    #expect(wide.status == 200 && wide["effect"] == "state_incompatible" && wide["changes"] == ["/window/size_ms"])
    #expect(wide["would_lose"]?["open_windows"]?.integerValue == 0)
    #expect(try world.ask("PUT", "/v1/pipelines/a?dry_run=true&state=discard", Self.wide)["effect"] == "state_discarded")
    let filtered = try world.ask(
      "PUT", "/v1/pipelines/a?dry_run=true", World.spec("a", #", "event": {"filter": [{"field": "x", "op": "exists"}]}"#))
    #expect(filtered["effect"] == "restart" && filtered["warnings"]?.arrayValue?.first?["pointer"] == "/event/filter", "\(filtered)")
    #expect(try world.ask("PUT", "/v1/pipelines/a", Self.wide).status == 409)
    #expect(try world.ask("GET", "/v1/pipelines/a")["generation"] == 1 && world.attempts("a").count == 1)
  }

  @Test("An ETag lets one of two writers through, and the other look again")
  func tags() throws {
    let world = try World()
    let created = try world.create("a", running: false)
    let tag = try #require(created.headers["ETag"])
    #expect(tag.hasPrefix("\"1-") && tag.hasSuffix("\""))
    #expect(try world.ask("GET", "/v1/pipelines/a").headers["ETag"] == tag)
    let unchanged = try world.ask("GET", "/v1/pipelines/a/spec", headers: [("If-None-Match", "\"x\", \(tag)")])
    #expect(unchanged.status == 304 && unchanged.body == .null && unchanged.headers["ETag"] == tag)

    let spec = World.spec("a", #", "description": "one""#)
    let first = try world.ask("PUT", "/v1/pipelines/a", spec, headers: [("If-Match", tag)])
    #expect(first.status == 200 && first["changed"] == true && first.headers["ETag"] != tag)
    let second = try world.ask("PUT", "/v1/pipelines/a", World.spec("a", #", "description": "two""#), headers: [("If-Match", tag)])
    #expect(second.status == 412 && second["code"] == "pipeline.precondition_failed")
    #expect(try world.ask("GET", "/v1/pipelines/a")["description"] == "one")
    #expect(try world.ask("DELETE", "/v1/pipelines/a", headers: [("If-Match", "W/\(first.headers["ETag"] ?? "")")]).status == 412, "a weak tag matches nothing")
    #expect(try world.ask("DELETE", "/v1/pipelines/a", headers: [("If-Match", first.headers["ETag"] ?? "")]).status == 204)
    let again = try world.create("a", running: false)
    #expect(again.headers["ETag"] != tag, "another pipeline under the same name has another tag")
  }

  @Test("A pipeline whose spec cannot be read is there all the same: If-None-Match: * keeps it, and If-Match: * is met")
  func tagsOfDamaged() throws {
    let folder = try TestFolder()
    do { try World(folder: folder).create("a", running: false) }
    try folder.write("pipelines/a/spec.json", "{")
    let world = try World(folder: folder)
    let kept = try world.ask("PUT", "/v1/pipelines/a", World.spec("a"), headers: [("If-None-Match", "*")])
    #expect(kept.status == 412 && kept["code"] == "pipeline.precondition_failed", "\(kept)")
    #expect(try world.ask("PUT", "/v1/pipelines/a", World.spec("a"), headers: [("If-Match", "\"1-0\"")]).status == 412, "it has no tag to match")
    #expect(try world.ask("PUT", "/v1/pipelines/a", World.spec("a"), headers: [("If-Match", "*")]).status == 200)
    #expect(try world.ask("PUT", "/v1/pipelines/b", World.spec("b"), headers: [("If-Match", "*")]).status == 412)
    #expect(try world.ask("PUT", "/v1/pipelines/b", World.spec("b"), headers: [("If-None-Match", "*")]).status == 201)
  }

  @Test("What GET spec gives, PUT takes back unchanged")
  func roundTrip() throws {
    let world = try World()
    try world.create("a")
    let spec = try world.ask("GET", "/v1/pipelines/a/spec")
    let put = try world.ask("PUT", "/v1/pipelines/a", String(decoding: spec.body.serialized(), as: UTF8.self))
    #expect(put.status == 200 && put["changed"] == false && put["effect"] == "none" && put.headers["ETag"] == spec.headers["ETag"])
  }

  @Test("Pause and resume are states of their own, wanted and seen")
  func pause() throws {
    let world = try World()
    try world.create("a")
    try world.waitPhase("a", .running)
    let paused = try world.ask("POST", "/v1/pipelines/a/pause", headers: [("Prefer", "wait=10")])
    #expect(paused.status == 200 && paused["phase"] == "paused" && paused["desired"] == "paused")
    #expect(paused["allowed_actions"] == ["start", "stop", "resume", "restart", "delete"])
    let health = try world.ask("GET", "/v1/pipelines/a/health")
    #expect(health.status == 200 && health["health"] == "ok", "\(health)")
    #expect(try world.ask("POST", "/v1/pipelines/a/restart", headers: [("Prefer", "wait=10")])["phase"] == "paused")
    #expect(world.attempts("a").count == 2)
    #expect(try world.ask("POST", "/v1/pipelines/a/resume", headers: [("Prefer", "wait=10")])["phase"] == "running")
    try world.create("b", running: false, #", "desired": "paused""#)
    try world.waitPhase("b", .paused)
  }

  @Test("A stop with drain=windows asks the lanes to put out what is open")
  func drain() throws {
    let world = try World()
    for name in ["a", "b"] {
      try world.create(name)
      try world.waitPhase(name, .running)
    }
    #expect(try world.ask("POST", "/v1/pipelines/a/stop?drain=windows", headers: [("Prefer", "wait=10")]).status == 200)
    #expect(try world.ask("POST", "/v1/pipelines/b/stop", headers: [("Prefer", "wait=10")]).status == 200)
    #expect(world.attempts("a").last?.state.withLock(\.drainsWindows) == true && world.attempts("b").last?.state.withLock(\.drainsWindows) == false)
  }

  @Test("A bounded run that is complete rests, and starts by wish only")
  func completed() throws {
    let folder = try TestFolder()
    do {
      let world = try World(folder: folder)
      try world.create("a")
      try world.waitPhase("a", .running)
      world.attempts("a").last?.change {
        $0.stage = .ended
        $0.completed = true
      }
      try world.waitPhase("a", .completed)
      #expect(try world.ask("GET", "/v1/pipelines/a")["desired"] == "stopped")
    }
    let world = try World(folder: folder)
    #expect(world.phase("a") == .stopped && world.attempts("a").isEmpty)
    #expect([200, 202].contains(try world.ask("POST", "/v1/pipelines/a/start").status))
  }

  @Test("A change whose topics are not there, or whose brokers do not answer, leaves what runs alone")
  func topicsFirst() throws {
    let world = try World()
    try world.create("a")
    try world.waitPhase("a", .running)
    world.fakes.with { $0.missingTopics = ["elsewhere"] }
    let missing = try world.ask("PUT", "/v1/pipelines/a", World.spec("a", output: "elsewhere"))
    #expect(missing.status == 422 && missing["errors"]?.arrayValue?.first?["pointer"] == "/kafka/output_topic", "\(missing)")
    world.fakes.with {
      $0.adminFailure = PipelineFailure(code: "kafka.timeout", fault: .external, retryable: true, message: "no answer", advice: "wait")
    }
    let silent = try world.ask("PUT", "/v1/pipelines/a", World.spec("a", output: "elsewhere"))
    #expect(silent.status == 503 && silent["code"] == "kafka.brokers_unreachable" && silent["retryable"] == true)
    #expect(try world.ask("PUT", "/v1/pipelines/a", World.spec("a", #", "parallelism": 1, "buffer_size": 500"#)).status == 200, "other changes ask nobody")
    world.fakes.with { ($0.missingTopics, $0.adminFailure) = ([], nil) }
    #expect(try world.ask("PUT", "/v1/pipelines/a", World.spec("a", output: "elsewhere")).status == 200)
  }

  @Test("Offsets are moved while nothing runs, and nothing else happens to the pipeline meanwhile")
  func offsets() throws {
    let world = try World()
    try world.create("a")
    try world.waitPhase("a", .running)
    let body = #"{"to": {"timestamp_ms": 5}, "windows": "discard"}"#
    #expect(try world.ask("PATCH", "/v1/pipelines/a/offsets", body)["code"] == "pipeline.not_stopped")
    _ = try world.ask("POST", "/v1/pipelines/a/stop", headers: [("Prefer", "wait=10")])
    let plan = try world.ask("PATCH", "/v1/pipelines/a/offsets?dry_run=true", body)
    #expect(plan.status == 200 && plan["dry_run"] == true && plan["partitions"]?.arrayValue?.first?["to"] == 9 && plan["would_lose"] != .null)
    #expect(world.fakes.with { $0.adminCalls } == ["plan timestamp(5) false"] && !world.folder.exists("pipelines/a/state/discarded"))
    #expect(try world.ask("PATCH", "/v1/pipelines/a/offsets", body).status == 200)
    #expect(world.folder.exists("pipelines/a/state/discarded"))
    let failure = PipelineFailure(code: "offsets.backward", fault: .user, retryable: false, message: "back", advice: "forward")
    world.fakes.with { $0.adminFailure = failure }
    let refused = try world.ask("PATCH", "/v1/pipelines/a/offsets", #"{"from": "group", "windows": "keep"}"#)
    #expect(refused.status == 422 && refused["code"] == "offsets.invalid" && refused["detail"]?.stringValue?.contains("offsets.backward") == true)
    #expect([200, 202].contains(try world.ask("POST", "/v1/pipelines/a/start").status), "a refusal leaves it free again")
  }

  @Test("Delete with its group deletes the group first, tries again while that has members, and can be asked to leave it")
  func deleteGroup() throws {
    let world = try World { $0.deleteWaitMs = 50 }
    try world.create("a", running: false)
    world.fakes.with {
      $0.adminFailure = PipelineFailure(code: "kafka.group_in_use", fault: .external, retryable: true, message: "members", advice: "end them")
    }
    let waiting = try world.ask("DELETE", "/v1/pipelines/a?offsets=true")
    #expect(waiting.status == 202 && waiting["phase"] == "deleting")
    try world.wait("the reason is told") { try world.ask("GET", "/v1/pipelines/a")["last_error"]?["code"] == "kafka.group_in_use" }
    #expect(world.folder.exists("pipelines/a/spec.json"))
    _ = try world.ask("DELETE", "/v1/pipelines/a")
    try world.wait("it is gone") { world.phase("a") == nil }
    #expect(world.fakes.with { $0.adminCalls.allSatisfy { $0 == "deleteGroup" } && !$0.adminCalls.isEmpty })
  }
}
