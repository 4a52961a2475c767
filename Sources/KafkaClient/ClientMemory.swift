import CRdKafka

/// The C library's allocator, as clients use it.
package enum ClientMemory {
  /// Its settings, made once before the first client. A process that makes clients for as long as it lives makes them before its first
  /// thread: arenas that are there already stay.
  package static let tuned: Void = penstock_tune_allocator()

  /// Gives the system what is free. With buffers kept, and threads of clients that come and go in one arena after the other, a process
  /// would otherwise hold for each arena the most that ever was in it. Takes milliseconds, and locks one arena at a time.
  package static func giveBack() { penstock_give_back_memory() }
}
