/// What all kinds of windows do with a record before its timestamp counts.
///
/// Returns false for a record that is no more than that: a bad one is passed over, one that a filter left out moves event time.
@inline(__always)
func isToAggregate(
  _ columns: RecordColumns, _ record: Int, latest: Int64, _ clock: inout ShardClock, _ counters: inout ExecutorCounters
) -> Bool {
  if columns.status[record] == RecordStatus.decoded { return true }
  guard columns.status[record] == RecordStatus.filtered else {
    columns.outcomes?[record] = RecordOutcome.none
    return false
  }
  counters.filtered &+= 1
  columns.outcomes?[record] = RecordOutcome.filtered
  if !clock.observe(columns, record, latest: latest) { counters.futureSkewed &+= 1 }
  return false
}
