#pragma once

#include "simulation/world.h"

#include <cstdint>

namespace lienthong::simulation {

/// Intake, routing, agency-processing, notification, postal-dispatch and the catalogue with their real codecs: dossiers
/// travel over three tiers while clients, agencies and an importer act on what they see, providers take, refuse, lose and
/// report on notices, and the senders of events say how far they are. `source_directory` holds the test catalogue.
/// Thread-safety: any thread.
Scenario linked_scenario(std::uint64_t seed, Fault without);

}  // namespace lienthong::simulation
