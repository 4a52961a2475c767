import Foundation
import KafkaPipeline
import RecordCodec
import Testing

@testable import ControlPlane

/// A client that was made from the description knows only the words that it lists.
struct DescriptionTests {
  struct Words: Sendable, CustomStringConvertible {
    /// Below `components/schemas`.
    var path: String
    var words: [String]
    var description: String { path }
  }

  static let all = [
    Words(path: "Phase/enum", words: LifecyclePhase.allCases.map(\.rawValue)),
    Words(path: "DesiredState/enum", words: DesiredState.allCases.map(\.rawValue)),
    Words(path: "HealthLevel/enum", words: HealthLevel.allCases.map(\.rawValue)),
    Words(path: "Condition/properties/type/enum", words: HealthCondition.Kind.allCases.map(\.rawValue)),
    Words(path: "Lane/properties/stage/enum", words: PipelineStatus.Stage.allCases.map(PipelineDocument.stage)),
    Words(path: "Explanation/properties/held_by/items/properties/reason/enum", words: Explanation.Reason.allCases.map(\.rawValue)),
    Words(path: "HistoryEvent/properties/type/enum", words: HistoryEvent.Kind.allCases.map(\.rawValue)),
    Words(path: "SpecPlan/properties/effect/enum", words: SpecPlan.Effect.allCases.map(\.rawValue)),
    Words(path: "Reasons/propertyNames/enum", words: DecodeFailure.allCases.map(\.reason) + ["late"]),
  ]

  @Test("The description lists each word that the daemon may answer", arguments: all)
  func words(_ list: Words) throws {
    let document = try JSONSerialization.jsonObject(with: Data(OpenAPIDocument.json.utf8)) as? [String: Any]
    var place: Any? = document
    for name in ["components", "schemas"] + list.path.split(separator: "/").map(String.init) { place = (place as? [String: Any])?[name] }
    let described = try #require(place as? [String])
    #expect(described.sorted() == list.words.sorted())
  }
}
