import Glibc
import KafkaClient
import RecordCodec
import Synchronization

/// Where the partitions of a bounded run end: found once, when the run begins, and kept in the state folder until it is complete, so that
/// a restart goes on to the same ends. Shared by the lanes.
final class RunEnds: Sendable {
  private static let fileName = "run-ends.json"
  private static let maxBytes = 16 << 20

  private let directory: String
  private let known = Mutex<[TopicPartition: Int64]?>(nil)

  init(stateDirectory: String) { directory = stateDirectory }

  private var path: String { directory + "/" + Self.fileName }

  /// The ends of the run that is under way; nil if none is, or if it was bounded otherwise. Blocks on the disk.
  func load(_ stopAt: StopPosition) -> [TopicPartition: Int64]? {
    known.withLock { known in
      if known == nil { known = read(stopAt) }
      return known
    }
  }

  /// Another lane may have been first: then its ends count. Throws what the disk says.
  func store(_ ends: [TopicPartition: Int64], _ stopAt: StopPosition) throws(PipelineFailure) -> [TopicPartition: Int64] {
    let result = known.withLock { known -> Result<[TopicPartition: Int64], PipelineFailure> in
      if let known { return .success(known) }
      guard write(Self.document(ends, stopAt)) else {
        return .failure(
          PipelineFailure(
            code: "state.store_unavailable", fault: .external, retryable: true,
            message: "\(path) cannot be written: \(String(cString: strerror(errno)))",
            advice: "Check space and permissions of the data folder; the pipeline tries again by itself."))
      }
      known = ends
      return .success(ends)
    }
    return try result.get()
  }

  /// The run is complete: the next one finds its own.
  func clear() {
    known.withLock { known in
      known = nil
      _ = unlink(path)
    }
  }

  private func read(_ stopAt: StopPosition) -> [TopicPartition: Int64]? {
    let file = Glibc.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { Glibc.close(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while bytes.count < Self.maxBytes {
      let count = Glibc.read(file, &chunk, chunk.count)
      if count <= 0 { break }
      bytes += chunk[..<count]
    }
    guard let document = try? JSONValue.parse(bytes), document["stop_at"] == Self.word(stopAt), let list = document["ends"]?.arrayValue else { return nil }
    var ends: [TopicPartition: Int64] = [:]
    for item in list {
      guard let topic = item["topic"]?.stringValue, let number = item["partition"]?.integerValue.flatMap({ Int32(exactly: $0) }),
        let offset = item["offset"]?.integerValue
      else { return nil }
      ends[TopicPartition(topic, number)] = offset
    }
    return ends
  }

  private static func word(_ stopAt: StopPosition) -> JSONValue {
    switch stopAt {
    case .end: "end"
    case .timestamp(let ms): .integer(ms)
    }
  }

  private static func document(_ ends: [TopicPartition: Int64], _ stopAt: StopPosition) -> [UInt8] {
    let list = ends.sorted { ($0.key.topic, $0.key.partition) < ($1.key.topic, $1.key.partition) }.map { entry -> JSONValue in
      ["topic": .string(entry.key.topic), "partition": .integer(Int64(entry.key.partition)), "offset": .integer(entry.value)]
    }
    let document: JSONValue = ["stop_at": word(stopAt), "ends": .array(list)]
    return document.serialized() + [0x0A]
  }

  /// Under another name first, then synced and renamed.
  private func write(_ bytes: [UInt8]) -> Bool {
    let temporary = path + ".new"
    let file = Glibc.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { return false }
    let written = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) } == bytes.count && fsync(file) == 0
    Glibc.close(file)
    return written && rename(temporary, path) == 0
  }
}
