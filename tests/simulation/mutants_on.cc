#include "ledger_mutation/mutant.h"
#include "simulation/mutants.h"

#include <algorithm>
#include <map>

namespace lienthong::simulation {
namespace {

using ledger::Mutant;

// Numbers of ledger.md's table in the comments; 0: found later, not in that table.
const std::vector<std::pair<std::string, Mutant>>& known() {
  static const std::vector<std::pair<std::string, Mutant>> mutants = {
      {"ReplyOnReport", Mutant::kReplyOnReport},                            // 1
      {"ReportBeyondTail", Mutant::kReportBeyondTail},                      // 2
      {"TwoUnconfirmed", Mutant::kTwoUnconfirmed},                          // 3
      {"CursorBeforeConfirm", Mutant::kCursorBeforeConfirm},                // 4
      {"CursorOutsideBlock", Mutant::kCursorOutsideBlock},                  // 5
      {"RequestsNotFolded", Mutant::kRequestsNotFolded},                    // 6
      {"CounterOutsideBlock", Mutant::kCounterOutsideBlock},                // 7
      {"TimerWithoutGeneration", Mutant::kTimerWithoutGeneration},          // 8
      {"ApplyWithoutWatermark", Mutant::kApplyWithoutWatermark},            // 9
      {"LoadWithoutWatermark", Mutant::kLoadWithoutWatermark},              // 10
      {"RefusalWithoutBarrier", Mutant::kRefusalWithoutBarrier},            // 11
      {"SourceUnchecked", Mutant::kSourceUnchecked},                        // 12
      {"HalfApplyWithoutAsof", Mutant::kHalfApplyWithoutAsof},              // 14
      {"WatermarkFirst", Mutant::kWatermarkFirst},                          // 15
      {"ScanKeptAcrossForeignBlock", Mutant::kScanKeptAcrossForeignBlock},  // 16
      {"CursorByWholeBlock", Mutant::kCursorByWholeBlock},                  // 17
      {"RelayedAtSend", Mutant::kRelayedAtSend},                            // 18
      {"CallBeforeConfirm", Mutant::kCallBeforeConfirm},                    // 19
      {"ResumeOvertakesQueue", Mutant::kResumeOvertakesQueue},              // 20
      {"RebaseWithoutDeciding", Mutant::kRebaseWithoutDeciding},            // 22
      {"ApplyIncludesScratch", Mutant::kApplyIncludesScratch},              // 23
      {"CounterAsIncrement", Mutant::kCounterAsIncrement},                  // 24
      {"QueuedAlsoProcessed", Mutant::kQueuedAlsoProcessed},                // 25
      {"SkippedValueUnpinned", Mutant::kSkippedValueUnpinned},              // 28
      {"SkipByOnePerson", Mutant::kSkipByOnePerson},                        // 0
      {"UnpinAllAtReply", Mutant::kUnpinAllAtReply},                        // 0
  };
  return mutants;
}

const std::vector<std::pair<std::string, ServiceMutant>> kOfServices = {
    {"BagToldTwice", ServiceMutant::kBagToldTwice}, {"ScanOrderByArrival", ServiceMutant::kScanOrderByArrival}};
ServiceMutant chosen_of_service = ServiceMutant::kNone;

}  // namespace

const std::vector<std::string>& mutant_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& [name, mutant] : known()) all.push_back(name);
    for (const auto& [name, mutant] : kOfServices) all.push_back(name);
    return all;
  }();
  return names;
}

bool choose_mutant(const std::string& name) {
  ledger::mutant_switch = Mutant::kNone;
  chosen_of_service = ServiceMutant::kNone;
  for (const auto& [known_name, mutant] : kOfServices) {
    if (known_name != name) continue;
    chosen_of_service = mutant;
    return true;
  }
  for (const auto& [known_name, mutant] : known()) {
    if (known_name != name) continue;
    ledger::mutant_switch = mutant;
    return true;
  }
  return false;
}

ServiceMutant service_mutant() { return chosen_of_service; }

void start_of_world() { ledger::mutant_memory() = {}; }

}  // namespace lienthong::simulation
