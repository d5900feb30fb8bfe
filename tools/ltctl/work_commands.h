#pragma once

#include "tools/ltctl/session.h"

#include <CLI/CLI.hpp>

namespace lienthong::ltctl {

/// `work list|show|accept|refuse|complete`
void add_work_commands(CLI::App& root, Session& session);

}  // namespace lienthong::ltctl
