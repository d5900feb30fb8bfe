#pragma once

#include "tools/demo/load.h"
#include "tools/ltctl/text.h"

#include <nlohmann/json.hpp>

#include <string>

namespace lienthong::demo {

/// One line per dossier: code, procedure, path, status, machine time per hop. At most `rows_max`, the slowest and the
/// unfinished ones first.
std::string passage_table(const LoadReport& report, const ScenarioSet& scenarios, ltctl::Language language,
                          std::size_t rows_max);
/// How many finished, how fast, what was repeated, the longest silence, and which dossiers did not finish in time.
std::string summary(const LoadReport& report, const AcknowledgementFile& acknowledgements, ltctl::Language language);
/// Figures of a measured run, for the benchmark's driver.
nlohmann::json measurement(const LoadReport& report);

}  // namespace lienthong::demo
