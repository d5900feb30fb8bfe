#pragma once

#include "postal_dispatch/core/post.h"

#include <vector>

namespace lienthong::test_support {

/// One of every event of postal-dispatch, every field set.
std::vector<postal_dispatch::Event> postal_samples();
/// One of every command, every field set.
std::vector<postal_dispatch::CommandBody> postal_commands();
/// One of every kind of entity.
std::vector<postal_dispatch::State> postal_states();
/// Commands for one dossier of desk C01 of the small catalogue, none of which is refused.
std::vector<postal_dispatch::CommandBody> postal_story();

}  // namespace lienthong::test_support
