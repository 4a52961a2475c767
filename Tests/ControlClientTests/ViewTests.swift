import RecordCodec
import Testing

@testable import ControlClient

@Suite("Views")
struct ViewTests {
  private let layout = Layout(width: 100, nowMs: 1_767_225_600_000)

  private func answer(_ status: Int, _ body: JSONValue) -> ClientAnswer {
    ClientAnswer(status: status, contentType: "application/problem+json", body: body.serialized())
  }

  private func problem(_ answer: ClientAnswer, hasToken: Bool = false) -> String {
    ProblemView.text(answer, server: "http://h:1", hasToken: hasToken, layout)
  }

  @Test("A problem shows each fault with its place and what to write, and not twice")
  func faults() {
    let text = problem(
      answer(422, [
        "title": "The spec is not valid", "code": "spec.invalid", "detail": "2 faults, the first at /window/size_ms: required", "retryable": false,
        "allowed_actions": [],
        "errors": [
          ["pointer": "/window/size_ms", "code": "missing", "detail": "required", "suggestion": "60000"],
          ["pointer": "", "code": "wrong_type", "detail": "not an object", "suggestion": .null],
        ],
      ]))
    #expect(text == "The spec is not valid (422 spec.invalid)\n  /window/size_ms: required (60000)\n  the document: not an object\n")
  }

  @Test("A problem says what to do next", arguments: [
    (404, "pipeline.not_found", "penstock list"), (409, "pipeline.state_incompatible", "--discard-state"), (401, "auth.required", "--token-file"),
    (403, "auth.forbidden", "role admin"), (400, "query.unknown", "another version"), (409, "pipeline.not_stopped", "penstock stop"),
    (409, "pipeline.conflict", "allowed now: stop, delete"), (503, "daemon.loading", "can succeed later"), (503, "daemon.loading", "request r-1"),
  ])
  func next(_ status: Int, _ code: String, _ word: String) {
    let text = problem(
      answer(status, [
        "title": "T", "code": .string(code), "detail": "D", "allowed_actions": ["stop", "delete"], "errors": [], "retryable": true, "request_id": "r-1",
      ]))
    #expect(text.hasPrefix("T (\(status) \(code))\n  D\n"))
    #expect(text.contains(word), "\(text)")
  }

  @Test("An answer of another program is said to be one")
  func foreign() {
    for body in ["<html>", "", "[1]", "{}"] {
      let text = problem(ClientAnswer(status: 404, contentType: "text/html", body: Array(body.utf8)))
      #expect(text.contains("another program") && text.contains("404"))
    }
  }

  @Test("A list shows the state of each pipeline and why it is so")
  func list() {
    let items: [JSONValue] = [
      [
        "name": "latency", "desired": "running", "phase": "running", "health": "ok", "rates": ["consumed_per_s_10s": 1234.5, "produced_per_s_10s": 3.25],
        "consumer_lag": 1_200_000, "watermark_ms": 1_767_225_598_000, "phase_since": "2025-12-31T23:58:00.000Z", "labels": ["team": "ml"],
        "last_error": .null,
      ],
      [
        "name": "b", "desired": "running", "phase": "failed", "health": "failing", "rates": ["consumed_per_s_10s": .null], "consumer_lag": .null,
        "watermark_ms": .null, "phase_since": .null, "labels": [:], "last_error": ["message": "the topic\u{1B}[2J is not there"],
      ],
    ]
    let wide = ListView.text(items, Layout(width: 200, nowMs: layout.nowMs)).split(separator: "\n").map(String.init)
    #expect(wide.count == 3)
    #expect(wide[1].split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ") == "latency running ok 1.2 k 3.3 1.2 M 2 s ago 2 min team=ml")
    #expect(wide[2].contains("failed") && wide[2].contains("the topic\u{FFFD}[2J is not there") && wide[2].contains("running"))
    let narrow = ListView.text(items, Layout(width: 40, nowMs: layout.nowMs))
    #expect(narrow.split(separator: "\n").allSatisfy { SafeText.width(String($0)) <= 40 } && narrow.contains("latency"))
    #expect(ListView.text([], layout) == "no pipelines\n")
  }

  @Test("Conditions that are not as they should be say why, each reason once")
  func conditions() {
    let conditions: [JSONValue] = [
      ["type": "BrokersReachable", "status": true, "reason": "Answering", "message": "all well"],
      ["type": "Progressing", "status": .null, "reason": "NotRunning", "message": "it waits"],
      ["type": "InputComplete", "status": .null, "reason": "NotRunning", "message": "it waits"],
      ["type": "WaitingForWorker", "status": true, "reason": "NoWorker", "message": "all are taken"],
    ]
    let text = ShowView.text(["name": "x", "conditions": .array(conditions)], layout)
    #expect(text.contains("  Progressing, InputComplete: it waits\n  WaitingForWorker: all are taken\n") && !text.contains("all well"))
  }

  @Test("A plan has a line that says what would happen", arguments: [
    (["effect": "create", "changed": true], "f.yaml: x: create\n"), (["effect": "none", "changed": false], "f.yaml: x: no change\n"),
    (["effect": "none", "changed": true, "changes": ["/labels"]], "f.yaml: x: change without a restart: /labels\n"),
    (["effect": "restart", "changed": true, "changes": ["/window/size_ms", "/emit"]], "f.yaml: x: restart: /window/size_ms, /emit\n"),
    (
      ["effect": "state_incompatible", "changes": ["/window/size_ms"], "would_lose": ["open_windows": 12, "keys": 3, "state_bytes": 4096]],
      "f.yaml: x: restart, would lose 12 open windows, 3 keys: /window/size_ms\n"
    ),
    (["effect": "state_discarded", "would_lose": ["open_windows": 1, "keys": 1]], "f.yaml: x: restart, would lose 1 open window, 1 key\n"),
    (["effect": "state_incompatible", "would_lose": .null], "f.yaml: x: restart without its state (no window is open)\n"),
    (
      ["effect": "create", "warnings": [["pointer": "/kafka", "detail": "does nothing", "suggestion": .null]]],
      "f.yaml: x: create\n  warning: /kafka: does nothing\n"
    ),
  ] as [(JSONValue, String)])
  func plan(_ plan: JSONValue, _ text: String) {
    let members = (plan.objectMembers ?? []) + [.init("name", "x")]
    #expect(PlanView.text(file: "f.yaml", .object(members), layout) == text)
  }

  @Test("A change of offsets shows how far each partition moves, and what is lost")
  func offsets() {
    let text = OffsetsView.change(
      [
        "dry_run": true, "windows": "discard", "would_lose": ["open_windows": 2, "keys": 5],
        "partitions": [
          ["topic": "t", "partition": 0, "from": 1_500, "to": 0], ["topic": "t", "partition": 1, "from": 10, "to": 25],
          ["topic": "t", "partition": 2, "from": .null, "to": 7],
        ],
      ], layout)
    #expect(text.contains("1 500 again") && text.contains("15 skipped"))
    #expect(text.hasSuffix("windows: discard; would lose 2 open windows, 5 keys\nnothing was changed (--dry-run)\n"))
  }

  @Test("An explanation tells what holds the next window back and what would release it")
  func explain() {
    let text = ExplainView.text(
      [
        "name": "latency", "phase": "running", "watermark_ms": 1_767_225_540_000, "summary": "The next window waits for requests/1.",
        "next_window": ["start_ms": 1_767_225_540_000, "end_ms": 1_767_225_600_000, "keys": 3], "needs_watermark_ms": 1_767_225_600_000,
        "behind_ms": 60_000, "expected_at": .null, "releases": ["a record in requests/1"],
        "held_by": [["topic": "requests", "partition": 1, "watermark_ms": .null, "reason": "no_record_yet", "since": .null, "message": "no record came"]],
      ], layout)
    for word in ["waits for requests/1", "to 2026-01-01 00:00:00, 3 keys", "1 min", "no_record_yet", "no record came", "- a record in requests/1"] {
      #expect(text.contains(word), "\(word)")
    }
  }

  @Test("A result is one line: window, key, figures, and what is special about it")
  func result() {
    let text = ResultLine.text(
      [
        "key": "gpt", "topic": "out",
        "value": [
          "key": "gpt", "window_start": 1_700_000_040_000, "window_end": 1_700_000_100_000, "revision": 2, "final": false, "retracted": true,
          "count": 3, "avg_latency_ms": 1.5, "last_model": "x\ny", "p99": .null,
        ],
      ], layout)
    #expect(text == "2023-11-14 22:14:00 +1 min  gpt  count=3  avg_latency_ms=1.5  last_model=x y  p99=null  revision 2  not final  retracted\n")
    #expect(ResultLine.text(["key": "k", "value": "raw\u{1B}"], layout) == "k  raw\u{FFFD}\n")
  }

  @Test("An event is one line")
  func event() {
    #expect(
      EventLine.text(["seq": 1, "at": "T", "type": "phase", "phase": "running", "from": "starting", "message": "m\nn", "code": .null], layout)
        == "T  starting -> running  m n\n")
    #expect(EventLine.text(["at": "T", "type": "error", "phase": "backoff", "message": "m", "code": "kafka.x"], layout) == "T  error  kafka.x  m\n")
  }

  @Test("Documents of another shape than expected are shown as far as they go", arguments: [
    .null, [:], [], "text", 1, ["name": 1, "phase": [], "lanes": "x", "conditions": [1, [:]], "rates": 1, "labels": [1], "partitions": [.null, 1]],
  ] as [JSONValue])
  func shapes(_ document: JSONValue) {
    for view in [ShowView.text, StatsView.text, ExplainView.text, OffsetsView.text, OffsetsView.change, EventLine.text, ResultLine.text] {
      #expect(!view(document, layout).isEmpty)
    }
    _ = ListView.text([document], layout)
    _ = PlanView.text(file: "f", document, layout)
    _ = ActionLine.text(document, name: "x", isDone: false, waited: 1, layout)
  }
}
