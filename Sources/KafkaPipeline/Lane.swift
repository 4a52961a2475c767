import KafkaClient
import Synchronization

/// A lane as the rest of the pipeline sees it: requests go in, copies of its state come out, and nobody waits for its threads.
final class Lane: Sendable {
  struct Published {
    var status: LaneStatus
    var stats = KafkaStreamStats()
    var waitingFor: String?
    /// While starting the latest obstacle; after the end what ended it.
    var failure: PipelineFailure?
    /// The stop left work to the last checkpoint.
    var forced = false
  }

  let index: Int
  private let published: Mutex<Published>
  /// Open windows are to be put out when the lane drains.
  private let drainsWindowsFlag = Atomic<Bool>(false)
  /// 0 none, 1 keep the membership, 2 leave the group.
  private let stopMode = Atomic<Int>(0)
  /// Monotonic ms after which a stopping lane is abandoned.
  private let stopDeadline = Atomic<Int64>(.max)
  /// Monotonic ms of the last sign of life.
  private let lastBeat = Atomic<Int64>(Clock.monotonicMs())
  /// Event time (ms) that the program says has come, for pipelines whose watermarks are manual; Int64.min before it said so.
  private let manualTime = Atomic<Int64>(.min)
  /// Nothing is to be read.
  private let pauseFlag = Atomic<Bool>(false)
  private let questions = Mutex<[WindowQuestion]>([])
  /// So that a pass without one takes no lock.
  private let hasQuestionsFlag = Atomic<Bool>(false)
  /// Nobody waits for this lane any more: it must write nothing and end.
  private let abandonedFlag = Atomic<Bool>(false)

  init(index: Int) {
    self.index = index
    published = Mutex(Published(status: LaneStatus(index: index, stage: .waitingForWorker)))
  }

  func requestStop(_ mode: PipelineAttempt.StopMode, deadline: Int64) {
    if mode == .leaveGroup {
      stopMode.store(2, ordering: .releasing)
    } else {
      _ = stopMode.compareExchange(expected: 0, desired: 1, ordering: .releasing)
    }
    stopDeadline.store(min(deadline, stopDeadline.load(ordering: .relaxed)), ordering: .releasing)
  }

  func requestWindowDrain() { drainsWindowsFlag.store(true, ordering: .releasing) }
  var drainsWindows: Bool { drainsWindowsFlag.load(ordering: .acquiring) }

  var stopRequested: PipelineAttempt.StopMode? {
    switch stopMode.load(ordering: .acquiring) {
    case 0: nil
    case 1: .keepMembership
    default: .leaveGroup
    }
  }

  func requestPause(_ wanted: Bool) { pauseFlag.store(wanted, ordering: .releasing) }
  var pauseRequested: Bool { pauseFlag.load(ordering: .acquiring) }

  /// Of a lane that comes to none, the others wait in vain.
  static let mostQuestions = 16

  func ask(_ question: WindowQuestion) {
    questions.withLock { questions in
      questions.removeAll { $0.deadline <= Clock.monotonicMs() }
      guard questions.count < Self.mostQuestions else { return }
      questions.append(question)
      hasQuestionsFlag.store(true, ordering: .relaxed)
    }
  }

  var hasQuestions: Bool { hasQuestionsFlag.load(ordering: .relaxed) }

  func takeQuestion() -> WindowQuestion? {
    questions.withLock { questions in
      if questions.count <= 1 { hasQuestionsFlag.store(false, ordering: .relaxed) }
      return questions.isEmpty ? nil : questions.removeFirst()
    }
  }

  /// Monotonic ms.
  var deadline: Int64 { stopDeadline.load(ordering: .acquiring) }

  func beat() { lastBeat.store(Clock.monotonicMs(), ordering: .releasing) }
  var silentMs: Int64 { Clock.monotonicMs() - lastBeat.load(ordering: .acquiring) }

  func setWatermark(_ time: Int64) { manualTime.max(time, ordering: .releasing) }
  var manualWatermark: Int64 { manualTime.load(ordering: .acquiring) }

  func abandon() { abandonedFlag.store(true, ordering: .releasing) }
  var isAbandoned: Bool { abandonedFlag.load(ordering: .acquiring) }

  var latest: Published { published.withLock { $0 } }
  func publish(_ change: (inout Published) -> Void) { published.withLock { change(&$0) } }
}
