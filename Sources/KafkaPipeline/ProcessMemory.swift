import KafkaClient

/// Memory of the process as a whole, over all its pipelines.
package enum ProcessMemory {
  /// How the process takes memory, to be said before its first thread begins.
  package static func prepare() { ClientMemory.tuned }

  /// Gives the system what is free. Once a minute is often enough; takes milliseconds.
  package static func giveBack() { ClientMemory.giveBack() }
}
