import Foundation
import RecordCodec
import Testing

@testable import ControlPlane

struct HistoryTests {
  @Test("What happened is told in order, to whoever asks and to whoever listens, and a restart goes on with it")
  func order() throws {
    let folder = try TestFolder()
    let history = PipelineHistory(folder: folder.path)
    history.note(.created, .stopped, at: 1_000, "created")
    let heard = World.Arc<[Int64]>([])
    let follow = history.follow(
      { heard.with { heard in heard.append(history.events(after: 0).last?.sequence ?? 0) } }, closed: { heard.with { $0.append(-1) } })
    history.note(.phase, .starting, from: .stopped, at: 2_000, "starting\nforged", code: "x.y")
    history.note(.phase, .running, from: .starting, at: 3_000, "running")
    #expect(heard.with { $0 } == [2, 3] && history.events(after: 2).map(\.message) == ["running"])
    history.unfollow(follow)
    PipelineHistory.flush()

    let again = PipelineHistory(folder: folder.path)
    again.load()
    #expect(again.events(after: 0) == history.events(after: 0))
    again.note(.phase, .stopping, from: .running, at: 4_000, "stopping")
    #expect(again.events(after: 3).map(\.sequence) == [4])
    again.close()
    again.note(.phase, .stopped, at: 5_000, "too late")
    #expect(again.events(after: 4).isEmpty)
  }

  /// What one client got.
  private struct Client: Sendable {
    var texts: [String] = []
    var finishes = 0
    var ids: [String] { texts.map { String($0.dropFirst(4).prefix { $0 != "\n" }) } }
  }

  @Test("A client gets each event once and in order, also those that come while it gets the past, and after the last its end")
  func tail() throws {
    let history = PipelineHistory(folder: try TestFolder().path)
    for _ in 0..<3 { history.note(.request, .running, at: 0, "past") }
    let client = World.Arc(Client())
    let tail = EventTail(
      history, after: 1,
      send: { bytes in
        let count = client.with { client in
          client.texts.append(String(decoding: bytes, as: UTF8.self))
          return client.texts.count
        }
        if count == 1 { for _ in 0..<2 { history.note(.request, .running, at: 0, "meanwhile") } }
        if count == 4 { history.close() }
        return true
      }, finish: { client.with { $0.finishes += 1 } })
    _ = history.follow({ tail.sendNews() }, closed: { tail.end() })
    #expect(client.with(\.texts).isEmpty)
    tail.sendNews()
    #expect(client.with(\.ids) == ["2", "3", "4", "5"] && client.with(\.finishes) == 1)
    let late = World.Arc(0)
    _ = history.follow({}, closed: { late.with { $0 += 1 } })
    #expect(late.with { $0 } == 1, "who comes when it is over is told so")
  }

  @Test("A client that takes no more, even of the past, is cut off rather than left with a gap")
  func tailFull() throws {
    let history = PipelineHistory(folder: try TestFolder().path)
    for _ in 0..<3 { history.note(.request, .running, at: 0, "past") }
    let client = World.Arc(Client())
    let tail = EventTail(
      history, after: 0,
      send: { bytes in
        client.with { client in
          // Full for one event, and only for that one.
          if client.texts.count == 1, client.finishes == 0 { return false }
          client.texts.append(String(decoding: bytes, as: UTF8.self))
          return true
        }
      }, finish: { client.with { $0.finishes += 1 } })
    _ = history.follow({ tail.sendNews() }, closed: { tail.end() })
    tail.sendNews()
    history.note(.request, .running, at: 0, "more")
    #expect(client.with(\.ids) == ["1"] && client.with(\.finishes) == 1)
  }

  @Test("Events that many threads tell of at once reach a client in order")
  func tailOfMany() throws {
    let history = PipelineHistory(folder: try TestFolder().path)
    let client = World.Arc(Client())
    let tail = EventTail(
      history, after: 0,
      send: { bytes in
        client.with { $0.texts.append(String(decoding: bytes, as: UTF8.self)) }
        return true
      }, finish: {})
    _ = history.follow({ tail.sendNews() }, closed: { tail.end() })
    DispatchQueue.concurrentPerform(iterations: 200) { _ in history.note(.request, .running, at: 0, "at once") }
    #expect(client.with(\.ids) == (1...200).map(String.init))
  }

  @Test("Lines that cannot be read are passed over, and the file does not grow without end")
  func bounds() throws {
    let folder = try TestFolder()
    let line = #"{"seq":7,"at":"2026-01-02T03:04:05.678Z","type":"phase","phase":"running","from":"starting","message":"m","code":null}"#
    try folder.write("history.jsonl", "garbage\n\(line)\n{\"seq\":8}\n\u{FFFD}\n")
    let history = PipelineHistory(folder: folder.path)
    history.load()
    #expect(history.events(after: 0).map(\.sequence) == [7])
    let text = String(repeating: "x", count: 5_000)
    for _ in 0..<1_200 { history.note(.request, .running, at: 0, text) }
    #expect(history.events(after: 0).count <= PipelineHistory.kept)
    #expect(history.events(after: 0).allSatisfy { $0.message.utf8.count <= PipelineHistory.maxMessageBytes })
    PipelineHistory.flush()
    let size = try FileManager.default.attributesOfItem(atPath: folder.path + "/history.jsonl")[.size] as? Int ?? 0
    #expect(size > 0 && size < PipelineHistory.fileBytes + 2 * PipelineHistory.maxMessageBytes, "each cut leaves room, or every event would cut again")
    let again = PipelineHistory(folder: folder.path)
    again.load()
    let numbers = again.events(after: 0).map(\.sequence)
    #expect(numbers.last == 1_207 && zip(numbers, numbers.dropFirst()).allSatisfy { $1 == $0 + 1 }, "each event is there once")
  }

  @Test("A line whose number no event can have is passed over, and counting goes on", arguments: ["9223372036854775807", "9223372036854775800", "0", "-1"])
  func numbers(number: String) throws {
    let folder = try TestFolder()
    let line = { (number: String) in #"{"seq":\#(number),"at":"2026-01-02T03:04:05.678Z","type":"phase","phase":"running","from":null,"message":"m","code":null}"# }
    try folder.write("history.jsonl", "\(line("7"))\n\(line(number))\n")
    let history = PipelineHistory(folder: folder.path)
    history.load()
    for _ in 0..<10 { history.note(.request, .running, at: 0, "start") }
    #expect(history.events(after: 0).map(\.sequence) == Array(7...17))
  }

  @Test("A pipeline's events are those of its phases and of what was asked for, and end with it")
  func events() throws {
    let world = try World()
    try world.create("a")
    try world.waitPhase("a", .running)
    _ = try world.ask("POST", "/v1/pipelines/a/stop", headers: [("Prefer", "wait=10")])
    let told = world.supervisor.streams(of: "a")?.history.events(after: 0) ?? []
    #expect(told.map(\.kind) == [.created, .phase, .phase, .request, .phase, .phase], "\(told)")
    #expect(told.map(\.phase) == [.stopped, .starting, .running, .running, .stopping, .stopped])
    #expect(told[3].message.hasPrefix("stop asked for by"))
    _ = try world.ask("DELETE", "/v1/pipelines/a")
    try world.create("a", running: false)
    #expect(world.supervisor.streams(of: "a")?.history.events(after: 0).map(\.sequence) == [1], "another of that name begins afresh")
  }
}
