#include "public_events/adapters/event_api.h"

#include "shared_kernel/api/principals.h"

#include <utility>

namespace lienthong::public_events {
namespace {

Result<void> may_read(const ledger::RulesStore& rules, const std::string& principal) {
  const auto catalogue = shared_kernel::api::latest_catalogue(rules);
  if (!catalogue) return failure(catalogue.error());
  return shared_kernel::api::require_service(**catalogue, principal, shared_kernel::Action::kReadEvents);
}

}  // namespace

EventApi::EventApi(EventApiParts parts)
    : feed_({parts.log, parts.query, parts.reads, std::move(parts.sources),
             [&rules = parts.rules](const std::string& principal) { return may_read(rules, principal); }},
            parts.feed),
      service_("lienthong.events.v1.EventService", shared_kernel::api::principals_of(parts.rules)) {
  // On the wire a stream of answers to one request is a stream in both directions of which the client sends one message.
  service_.bidi("StreamEvents",
                [this](const rpc::Call& call) -> Result<std::shared_ptr<rpc::StreamHandler>> { return feed_.open(call); });
}

}  // namespace lienthong::public_events
