#pragma once

#include "tools/ltctl/session.h"

#include <CLI/CLI.hpp>

namespace lienthong::ltctl {

/// `notice list|get|retry|preview`
void add_notice_commands(CLI::App& root, Session& session);

}  // namespace lienthong::ltctl
