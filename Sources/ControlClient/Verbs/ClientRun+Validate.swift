import Arguments
import PipelineSpec
import RecordCodec

extension ClientRun {
  func validate() throws(ClientError) -> Int32 {
    let defaults = SpecDefaults(brokers: arguments["brokers"] ?? "localhost:9092")
    var code: Int32 = 0
    for path in arguments.words {
      let outcome = Self.check(path, defaults)
      if !outcome.isValid { code = 1 }
      if form == .json { try console.out(outcome.document) } else { try console.out(outcome.text(layout)) }
    }
    return code
  }

  private static func check(_ path: String, _ defaults: SpecDefaults) -> Validation {
    var outcome = Validation(file: SpecFile.shown(path))
    do throws(SpecFile.Unreadable) {
      let file = try SpecFile(path)
      do throws(SpecFaults) {
        let spec = try PipelineSpec.parse(file.document, name: nil, defaults: defaults)
        outcome.name = spec.name
        outcome.warnings = spec.warnings
      } catch {
        outcome.faults = error.faults
      }
    } catch {
      outcome.unreadable = error.message
    }
    return outcome
  }
}
