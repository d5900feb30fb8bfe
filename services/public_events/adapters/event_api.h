#pragma once

#include "platform/ledger/rules_store.h"
#include "platform/rpc/service.h"
#include "public_events/adapters/event_feed.h"

#include <map>
#include <vector>

namespace lienthong::public_events {

/// Everything the adapter stands on; all of it must outlive the server that carries the service.
struct EventApiParts {
  ports::LogBackend& log;
  ports::Query& query;
  const ledger::RulesStore& rules;
  rpc::ReadPool& reads;
  std::map<LedgerName, EventSource> sources;
  EventFeedSettings feed = {};
};

/// EventService: the public events of a process's ledgers, for principals with the action `event.read`.
/// Thread-safety: any thread.
class EventApi {
 public:
  explicit EventApi(EventApiParts parts);
  std::vector<rpc::Service*> services() { return {&service_}; }
  /// Ends all streams; before the server stops, so that their clients know where to go on.
  void stop_streams() { feed_.stop(); }

 private:
  EventFeed feed_;
  rpc::Service service_;
};

}  // namespace lienthong::public_events
