#pragma once

#include "tools/ltctl/session.h"

#include <CLI/CLI.hpp>

namespace lienthong::ltctl {

/// `event tail`
void add_event_commands(CLI::App& root, Session& session);

}  // namespace lienthong::ltctl
