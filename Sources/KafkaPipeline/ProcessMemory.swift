import KafkaClient

/// Memory of the process as a whole, over all its pipelines.
package enum ProcessMemory {
  /// Gives the system what is free. Once a minute is often enough; takes milliseconds.
  package static func giveBack() { ClientMemory.giveBack() }
}
