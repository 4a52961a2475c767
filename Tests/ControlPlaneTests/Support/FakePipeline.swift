import KafkaPipeline
import Synchronization

@testable import ControlPlane

/// A pipeline whose lanes do what a test says.
final class FakePipeline: PipelineRunning {
  enum Behaviour: Sendable {
    /// Runs after start, ends after stop.
    case good
    /// Runs, but a stop never ends.
    case stuck
    /// Stays in `starting` until it is asked to stop.
    case slow
    /// Ends at once with this.
    case fails(PipelineFailure)
  }

  struct State: Sendable {
    var status = PipelineStatus(stage: .starting)
    var started = false
    var paused = false
    var stops: [PipelineAttempt.StopMode] = []
    var ticks = 0
    var drainsWindows = false
  }

  let plan: PipelinePlan
  let environment: PipelineEnvironment
  let behaviour: Behaviour
  let state: Mutex<State>

  init(_ plan: PipelinePlan, _ environment: PipelineEnvironment, _ behaviour: Behaviour, _ stats: KafkaStreamStats) {
    self.plan = plan
    self.environment = environment
    self.behaviour = behaviour
    var state = State()
    state.status.stats = stats
    self.state = Mutex(state)
  }

  func start() {
    state.withLock { state in
      state.started = true
      switch behaviour {
      case .good, .stuck:
        state.status.stage = state.paused ? .paused : .running
        var lane = LaneStatus(index: 0, stage: .running)
        lane.partitions = [PartitionStatus(topic: "in", partition: 0)]
        lane.inputComplete = true
        lane.lastPassAt = SystemClock.unixMs()
        state.status.lanes = [lane]
      case .slow: break
      case .fails(let failure):
        state.status.stage = .ended
        state.status.failure = failure
      }
    }
  }

  func stop(_ mode: PipelineAttempt.StopMode, deadlineMs: Int64) {
    state.withLock { state in
      state.stops.append(mode)
      switch behaviour {
      case .stuck: state.status.stage = .stopping
      default: state.status.stage = .ended
      }
    }
  }

  func setPaused(_ paused: Bool) {
    state.withLock { state in
      if paused, state.status.stage == .running { state.status.stage = .paused }
      if !paused, state.status.stage == .paused { state.status.stage = .running }
      state.paused = paused
    }
  }

  func drainWindowsAtStop() { state.withLock { $0.drainsWindows = true } }

  /// What its one lane has; nil: it never answers.
  let windows = Mutex<[ListedWindow]?>([])

  func ask(_ question: WindowQuestion) -> Int? {
    guard [.running, .paused].contains(status.stage) else { return nil }
    if let windows = windows.withLock({ $0 }) { question.answer(windows) }
    return 1
  }

  func tick() { state.withLock { $0.ticks += 1 } }

  var status: PipelineStatus { state.withLock { $0.status } }

  var stops: [PipelineAttempt.StopMode] { state.withLock { $0.stops } }

  func change(_ body: (inout PipelineStatus) -> Void) { state.withLock { body(&$0.status) } }
}

final class FakeProbe: ClusterProbing {
  let brokers: String
  private let state = Mutex<(answer: ClusterProbe.Answer, stopped: Bool)>((.unknown, false))

  init(_ brokers: String) { self.brokers = brokers }

  var answer: ClusterProbe.Answer {
    get { state.withLock { $0.answer } }
    set { state.withLock { $0.answer = newValue } }
  }

  let topics: [String: ClusterProbe.Topic] = [:]
  private let watchedTopics = Mutex<Set<String>>([])
  var watched: Set<String> { watchedTopics.withLock { $0 } }
  func watch(_ topics: Set<String>) { watchedTopics.withLock { $0 = topics } }

  func stop() { state.withLock { $0.stopped = true } }
  var isStopped: Bool { state.withLock { $0.stopped } }
}
