import Synchronization
import Testing

@testable import KafkaPipeline

@Suite struct WorkerPoolTests {
  @Test("Lanes beyond the slots wait in turn and get the slots that are given back")
  func turns() {
    let pool = WorkerPool(slots: 2)
    let granted = Mutex<[Int]>([])
    let tickets = (0..<5).map { lane in pool.request { granted.withLock { $0.append(lane) } } }
    #expect(granted.withLock { $0 } == [0, 1])
    #expect(pool.busy == 2)
    #expect(pool.cancel(tickets[3]))
    #expect(!pool.cancel(tickets[0]))
    pool.release()
    pool.release()
    #expect(granted.withLock { $0 } == [0, 1, 2, 4])
    pool.release()
    pool.release()
    #expect(pool.busy == 0)
  }
}
