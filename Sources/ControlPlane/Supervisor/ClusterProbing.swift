package import KafkaPipeline

/// What asks a cluster whether it is there, as the supervisor sees it.
package protocol ClusterProbing: AnyObject, Sendable {
  var answer: ClusterProbe.Answer { get }
  func stop()
}

extension ClusterProbe: ClusterProbing {}
