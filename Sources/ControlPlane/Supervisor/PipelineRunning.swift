package import KafkaPipeline

/// One attempt to run a pipeline, as the supervisor sees it. No method may wait for Kafka, the disk or a lane.
package protocol PipelineRunning: AnyObject, Sendable {
  func start()
  func stop(_ mode: PipelineAttempt.StopMode, deadlineMs: Int64)
  func setPaused(_ paused: Bool)
  func drainWindowsAtStop()
  func ask(_ question: WindowQuestion) -> Int?
  func tick()
  var status: PipelineStatus { get }
}

extension PipelineAttempt: PipelineRunning {}
