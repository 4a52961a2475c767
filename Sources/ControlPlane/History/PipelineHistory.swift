import Dispatch
import Glibc
import RecordCodec
import Synchronization

/// What happened to one pipeline: the newest `kept` events in memory, and the newest of them in its `history.jsonl`.
///
/// Events are noted from under other locks, so nothing here waits: the file is written by a queue of its own, without fsync. It is
/// there for people; losing its last lines in a crash of the machine harms nothing.
package final class PipelineHistory: Sendable {
  static let kept = 1_000
  /// Beyond this many bytes the file is cut back to half of it.
  static let fileBytes = 1 << 20
  static let maxMessageBytes = 2_000
  static let fileName = "history.jsonl"
  /// No pipeline has so many events, and every JSON reader still takes the number as it is.
  private static let maxSequence: Int64 = 1 << 53

  typealias Listener = @Sendable () -> Void

  private struct State {
    var events: [HistoryEvent] = []
    var last: Int64 = 0
    var listeners: [Int: (news: Listener, closed: Listener)] = [:]
    var nextListener = 0
    var isClosed = false
  }

  private let state = Mutex(State())
  private let folder: String
  private static let queue = DispatchQueue(label: "penstock.history")

  /// `folder`: of the pipeline; it may come into being later.
  init(folder: String) {
    self.folder = folder
  }

  /// Takes in what an earlier daemon wrote. Lines that cannot be read, or cannot be true, are passed over. Blocks on the disk.
  func load() {
    guard let bytes = try? DiskFiles.read(folder + "/" + Self.fileName, limit: 4 * Self.fileBytes) else { return }
    let events = bytes.split(separator: 0x0A).suffix(Self.kept).compactMap { line in
      (try? JSONValue.parse(Array(line))).flatMap { HistoryEvent($0) }
    }.filter { (1...Self.maxSequence).contains($0.sequence) }
    state.withLock { state in
      state.events = events
      state.last = events.map(\.sequence).max() ?? 0
    }
  }

  func note(
    _ kind: HistoryEvent.Kind, _ phase: LifecyclePhase, from: LifecyclePhase? = nil, at now: Int64, _ message: String, code: String? = nil
  ) {
    let text = String(decoding: message.utf8.prefix(Self.maxMessageBytes), as: UTF8.self)
    let (event, listeners) = state.withLock { state -> (HistoryEvent?, [Listener]) in
      guard !state.isClosed else { return (nil, []) }
      state.last += 1
      let event = HistoryEvent(sequence: state.last, at: now, kind: kind, phase: phase, from: from, message: text, code: code)
      if state.events.count >= Self.kept { state.events.removeFirst(Self.kept / 10) }
      state.events.append(event)
      return (event, state.listeners.values.map(\.news))
    }
    guard let event else { return }
    for news in listeners { news() }
    Self.queue.async { [self] in append(event) }
  }

  /// Events after that number, oldest first.
  func events(after sequence: Int64) -> [HistoryEvent] {
    state.withLock { $0.events.filter { $0.sequence > sequence } }
  }

  /// Calls `news` after each event from now on, and `closed` once the pipeline is no more, which may be at once. From several threads;
  /// neither must wait.
  func follow(_ news: @escaping Listener, closed: @escaping Listener) -> Int {
    let (number, isClosed) = state.withLock { state in
      state.nextListener += 1
      if !state.isClosed { state.listeners[state.nextListener] = (news, closed) }
      return (state.nextListener, state.isClosed)
    }
    if isClosed { closed() }
    return number
  }

  func unfollow(_ id: Int) { state.withLock { _ = $0.listeners.removeValue(forKey: id) } }

  /// The pipeline is no more: nothing is written from here on, so that one of the same name begins afresh.
  func close() {
    let listeners = state.withLock { state in
      defer { state.listeners = [:] }
      state.isClosed = true
      return state.listeners.values.map(\.closed)
    }
    for closed in listeners { closed() }
    Self.queue.sync {}
  }

  /// Replaces another small file of the pipeline's folder, after the lines before.
  func write(_ name: String, _ bytes: [UInt8]) {
    Self.queue.async { [self] in
      guard !state.withLock(\.isClosed) else { return }
      try? DiskFiles.replace(folder + "/" + name, in: folder, temporary: folder + "/" + name + ".new", with: bytes)
    }
  }

  /// Waits for the file.
  static func flush() { queue.sync {} }

  private func append(_ event: HistoryEvent) {
    let path = folder + "/" + Self.fileName
    guard let file = try? FileDescriptor.open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK) else { return }
    var info = stat()
    guard fstat(file.raw, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return }
    if info.st_size > Self.fileBytes { return rewrite(path, through: event.sequence) }
    try? DiskFiles.write(Self.line(event), to: file, path)
  }

  /// `last`: events after it are in memory already, and their lines are still to come.
  private func rewrite(_ path: String, through last: Int64) {
    var lines: [[UInt8]] = []
    // By bytes: long messages would fill the file again at once, and every event would write all of it anew.
    var room = Self.fileBytes / 2
    for event in state.withLock({ $0.events }).reversed() where event.sequence <= last {
      let line = Self.line(event)
      room -= line.count
      if room < 0 { break }
      lines.append(line)
    }
    try? DiskFiles.replace(path, in: folder, temporary: path + ".new", with: Array(lines.reversed().joined()))
  }

  private static func line(_ event: HistoryEvent) -> [UInt8] { event.document.serialized() + [0x0A] }
}
