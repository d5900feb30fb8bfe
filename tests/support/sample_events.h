#pragma once

#include "agency_processing/core/work.h"
#include "intake/core/dossier.h"
#include "routing/core/route.h"

#include <vector>

namespace lienthong::test_support {

/// One event per alternative, in their order, every field set to something else than its default.
std::vector<intake::Event> intake_samples();
/// A submission with wishes to the post.
intake::Event intake_posted_sample();
std::vector<routing::Event> routing_samples();
std::vector<agency_processing::Event> agency_samples();

/// One command per alternative, every field set.
std::vector<intake::CommandBody> intake_commands();
std::vector<routing::CommandBody> routing_commands();
std::vector<agency_processing::CommandBody> agency_commands();

/// A state with every field set.
intake::State intake_state_sample();
routing::State routing_state_sample();
agency_processing::State agency_state_sample();

}  // namespace lienthong::test_support
