import Foundation
import KafkaPipeline
import RecordCodec
import Testing

@testable import ControlPlane

struct UpdateTests {
  @Test("PUT makes a pipeline, and the same again changes nothing and restarts nothing")
  func upsert() throws {
    let world = try World()
    let spec = World.spec("a", #", "desired": "running""#)
    #expect(try world.ask("PUT", "/v1/pipelines/a", spec).status == 201)
    try world.waitPhase("a", .running)
    let again = try world.ask("PUT", "/v1/pipelines/a", spec)
    #expect(again.status == 200 && again["changed"] == false && again["generation"] == 1)
    let nameless = try world.ask("PUT", "/v1/pipelines/a", World.spec(nil))
    #expect(nameless["changed"] == false)
    let fetched = try world.ask("GET", "/v1/pipelines/a/spec").body.serialized()
    #expect(try world.ask("PUT", "/v1/pipelines/a", String(decoding: fetched, as: UTF8.self))["changed"] == false)
    #expect(world.attempts("a").count == 1)
  }

  @Test("A description changes without a restart, an interval with one")
  func effects() throws {
    let world = try World()
    try world.create("a")
    try world.waitPhase("a", .running)
    let described = try world.ask("PUT", "/v1/pipelines/a", World.spec("a", #", "description": "words""#))
    #expect(described["changed"] == true && described["effect"] == "none" && described["generation"] == 2)
    #expect(world.attempts("a").count == 1)
    let smaller = try world.ask("PUT", "/v1/pipelines/a", World.spec("a", #", "buffer_size": 500"#))
    #expect(smaller["effect"] == "restart")
    try world.wait("a second attempt") { world.attempts("a").count == 2 }
    try world.waitPhase("a", .running)
    #expect(world.attempts("a")[1].plan.bufferSize == 500)
    let members = #", "watermark": {"max_drift_ms": 7}, "emit": {"when": "early", "every_ms": 100, "timestamp": "now"}"#
    #expect(try world.ask("PUT", "/v1/pipelines/a", World.spec("a", members))["effect"] == "restart")
    try world.wait("a third attempt") { world.attempts("a").count == 3 }
    let plans = world.attempts("a").map(\.plan)
    #expect(plans.map(\.maxDriftMs) == [nil, nil, 7])
    #expect(plans.map(\.resultTimestampNow) == [false, false, true])
  }

  @Test("A stopped pipeline takes a new spec and stays stopped; desired in the body starts and stops")
  func desired() throws {
    let world = try World()
    try world.create("a", running: false)
    #expect(try world.ask("PUT", "/v1/pipelines/a", World.spec("a", #", "buffer_size": 500"#)).status == 200)
    #expect(world.phase("a") == .stopped && world.attempts("a").isEmpty)
    #expect(try world.ask("PUT", "/v1/pipelines/a", World.spec("a", #", "buffer_size": 500, "desired": "running""#))["changed"] == false)
    try world.waitPhase("a", .running)
    #expect(try world.ask("PUT", "/v1/pipelines/a", World.spec("a", #", "buffer_size": 600, "desired": "stopped""#)).status == 200)
    try world.waitPhase("a", .stopped)
    #expect(world.attempts("a").count == 1)
  }

  @Test("A new window is refused with its pointer, and with ?state=discard the state goes while nothing runs")
  func stateIncompatible() throws {
    let world = try World()
    try world.create("a")
    try world.waitPhase("a", .running)
    try world.folder.write("pipelines/a/state/state.sqlite", "kept windows")
    let wider = World.spec("a", size: 120_000)
    let refused = try world.ask("PUT", "/v1/pipelines/a", wider)
    #expect(refused.status == 409 && refused["code"] == "pipeline.state_incompatible")
    #expect(refused["errors"]?.arrayValue?.first?["pointer"] == "/window/size_ms")
    #expect(world.folder.exists("pipelines/a/state/state.sqlite") && world.attempts("a").count == 1)
    #expect(try world.ask("PUT", "/v1/pipelines/a?state=keep", wider).status == 409)
    #expect(try world.ask("PUT", "/v1/pipelines/a?state=forget", wider)["code"] == "query.invalid")
    let done = try world.ask("PUT", "/v1/pipelines/a?state=discard", wider)
    #expect(done.status == 200 && done["effect"] == "state_discarded")
    try world.wait("a second attempt") { world.attempts("a").count == 2 }
    #expect(!world.folder.exists("pipelines/a/state/state.sqlite"))
    #expect(world.attempts("a")[1].plan.stateIdentity != world.attempts("a")[0].plan.stateIdentity)
  }

  @Test("The state of a stopped pipeline is discarded at once")
  func discardStopped() throws {
    let world = try World()
    try world.create("a", running: false)
    try world.folder.write("pipelines/a/state/state.sqlite", "kept windows")
    #expect(try world.ask("PUT", "/v1/pipelines/a?state=discard", World.spec("a", size: 120_000)).status == 200)
    #expect(!world.folder.exists("pipelines/a/state/state.sqlite"))
    #expect(world.folder.exists("pipelines/a/state/discarded"), "the next start must not read the windows again from the log")
  }

  @Test("State that was discarded while a pipeline ran stays discarded if the daemon ends before the next launch")
  func discardOutlivesDaemon() throws {
    let folder = try TestFolder()
    do {
      let world = try World(folder: folder)
      world.behave("a", .stuck)
      try world.create("a")
      try world.waitPhase("a", .running)
      try folder.write("pipelines/a/state/state.sqlite", "kept windows")
      let put = try world.ask("PUT", "/v1/pipelines/a?state=discard", World.spec("a", size: 120_000))
      #expect(put["effect"] == "state_discarded" && folder.exists("pipelines/a/state/state.sqlite"), "it still runs")
    }
    do {
      let world = try World(folder: folder)
      try world.waitPhase("a", .running)
      #expect(!folder.exists("pipelines/a/state/state.sqlite") && folder.exists("pipelines/a/state/discarded"))
      try folder.write("pipelines/a/state/state.sqlite", "new windows")
    }
    let world = try World(folder: folder)
    try world.waitPhase("a", .running)
    #expect(folder.exists("pipelines/a/state/state.sqlite"), "the wish was for the old state only")
  }

  @Test("State goes as soon as nothing uses it: at the end of a stop, and where a start found the pipeline stopped")
  func discardWithStop() throws {
    let folder = try TestFolder()
    let stopped = { (size: Int) in World.spec("a", #", "desired": "stopped""#, size: size) }
    do {
      let world = try World(folder: folder)
      try world.create("a")
      try world.waitPhase("a", .running)
      try folder.write("pipelines/a/state/state.sqlite", "kept windows")
      #expect(try world.ask("PUT", "/v1/pipelines/a?state=discard", stopped(120_000))["effect"] == "state_discarded")
      try world.wait("the state is gone") { !folder.exists("pipelines/a/state/state.sqlite") }
      #expect(world.phase("a") == .stopped)
      world.behave("a", .stuck)
      _ = try world.ask("POST", "/v1/pipelines/a/start", headers: [("Prefer", "wait=10")])
      try folder.write("pipelines/a/state/state.sqlite", "kept windows")
      #expect(try world.ask("PUT", "/v1/pipelines/a?state=discard", stopped(60_000))["effect"] == "state_discarded")
    }
    let world = try World(folder: folder)
    #expect(world.phase("a") == .stopped && !folder.exists("pipelines/a/state/state.sqlite"))
  }

  @Test("The state of a failed pipeline is discarded at once")
  func discardFailed() throws {
    let world = try World()
    world.behave("a", .fails(PipelineFailure(code: "kafka.topic_recreated", fault: .external, retryable: false, message: "m", advice: "a")))
    try world.create("a")
    try world.waitPhase("a", .failed)
    try world.folder.write("pipelines/a/state/state.sqlite", "kept windows")
    #expect(try world.ask("PUT", "/v1/pipelines/a?state=discard", World.spec("a"))["effect"] == "state_discarded")
    #expect(!world.folder.exists("pipelines/a/state/state.sqlite"))
  }

  @Test("Two pipelines cannot have one name, or one group on the same brokers; DELETE frees both")
  func collisions() throws {
    let world = try World()
    try world.create("a", running: false)
    #expect(try world.ask("POST", "/v1/pipelines", World.spec("a"))["code"] == "pipeline.name_exists")
    let same = World.spec("b").replacingOccurrences(of: #""kafka": {"#, with: #""kafka": {"group_id": "penstock-a", "#)
    for reply in [try world.ask("POST", "/v1/pipelines", same), try world.ask("PUT", "/v1/pipelines/b", same)] {
      #expect(reply.status == 409 && reply["code"] == "pipeline.group_id_in_use" && reply["errors"]?.arrayValue?.first?["pointer"] == "/kafka/group_id")
    }
    let overlapping = same.replacingOccurrences(of: #""kafka": {"#, with: #""kafka": {"brokers": "other:9092,localhost:9092", "#)
    #expect(try world.ask("POST", "/v1/pipelines", overlapping)["code"] == "pipeline.group_id_in_use")
    let elsewhere = same.replacingOccurrences(of: #""kafka": {"#, with: #""kafka": {"brokers": "other:9092", "#)
    #expect(try world.ask("POST", "/v1/pipelines", elsewhere).status == 201)
    #expect(try world.ask("DELETE", "/v1/pipelines/b").status == 204)
    #expect(try world.ask("DELETE", "/v1/pipelines/a").status == 204)
    #expect(try world.ask("POST", "/v1/pipelines", same).status == 201)
  }

  @Test("Beyond the most pipelines there is a 409")
  func full() throws {
    let world = try World { $0.maxPipelines = 1 }
    try world.create("a", running: false)
    #expect(try world.ask("POST", "/v1/pipelines", World.spec("b"))["code"] == "daemon.too_many_pipelines")
    #expect(try world.ask("PUT", "/v1/pipelines/b", World.spec("b"))["code"] == "daemon.too_many_pipelines")
  }
}
