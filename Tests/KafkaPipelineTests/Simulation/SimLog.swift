/// What happened in a run, for the one who replays it.
final class SimLog {
  private(set) var lines: [String] = []

  func add(_ line: String) { lines.append(line) }
}
