import Glibc

/// How a program runs a `KafkaStreamPipeline`, beside what it reads and writes.
public struct KafkaStreamOptions: Sendable {
  /// Folder of checkpoints; those of a pipeline are in one of its name inside it. It should outlive the process: a pipeline whose
  /// checkpoints are gone reads the windows that were open again from the log, and cannot do that for count windows. By default
  /// `penstock-state` in the working directory.
  public var stateDirectory: String
  /// Which partitions can hold events of one key.
  public var keyScope: KeyScope
  /// Threads that read, each with a consumer and a producer of its own; more than 1 needs `KeyScope.partition`.
  public var parallelism: Int
  /// Where a group without offsets starts to read.
  public var startAt: StartPosition
  /// What becomes of results when something fails on the way.
  public var guarantee = DeliveryGuarantee.atLeastOnce
  /// What becomes of records and results that cannot be used.
  public var errors = ErrorPolicy()
  /// A line for the log: level (`info`, `warning`, `error`) and text. By default warnings and errors go to standard error.
  public var log: @Sendable (_ level: String, _ message: String) -> Void

  public init(
    stateDirectory: String = "penstock-state", keyScope: KeyScope = .global, parallelism: Int = 1, startAt: StartPosition = .earliest,
    log: @escaping @Sendable (_ level: String, _ message: String) -> Void = KafkaStreamOptions.logToStandardError
  ) {
    self.stateDirectory = stateDirectory
    self.keyScope = keyScope
    self.parallelism = parallelism
    self.startAt = startAt
    self.log = log
  }

  /// Warnings and errors as lines on standard error.
  public static let logToStandardError: @Sendable (_ level: String, _ message: String) -> Void = { level, message in
    guard level != "info" else { return }
    let line = Array("penstock: \(level): \(message)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
  }
}
