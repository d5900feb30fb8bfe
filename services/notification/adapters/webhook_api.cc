#include "notification/adapters/webhook_api.h"

#include "notification/adapters/command_codec.h"
#include "notification/adapters/line_codec.h"
#include "notification/adapters/state_codec.h"
#include "shared_kernel/adapters/values_codec.h"

#include <algorithm>
#include <utility>

namespace lienthong::notification {

using shared_kernel::Action;
using shared_kernel::Catalogue;
using shared_kernel::WebhookSubscription;

namespace {

constexpr std::uint32_t kPageSize = 200;

Error subscription_not_found() {
  return {ErrorCode::kNotFound, "SUBSCRIPTION_NOT_FOUND", "Không có đăng ký nhận sự kiện này; hãy xem danh sách đăng ký.",
          "There is no such subscription; list the subscriptions."};
}

Error no_targets() {
  return {ErrorCode::kFailedPrecondition, "WEBHOOK_TARGET_REFUSED",
          "Tiến trình này chưa có thư mục khóa webhook; hãy đặt LIENTHONG_WEBHOOK_KEYS_DIR.",
          "This process has no keys of webhooks; set LIENTHONG_WEBHOOK_KEYS_DIR."};
}

Error target_refused() {
  return {
      ErrorCode::kFailedPrecondition, "WEBHOOK_TARGET_REFUSED",
      "Địa chỉ nhận không phải https công cộng và không có trong LIENTHONG_WEBHOOK_TARGETS; hãy sửa đăng ký.",
      "The target is no public https address and does not stand in LIENTHONG_WEBHOOK_TARGETS; correct the subscription."};
}

Error replay_in_future() {
  return {ErrorCode::kInvalidArgument, "REPLAY_POSITION_INVALID", "Thời điểm gửi lại phải ở quá khứ; hãy sửa.",
          "The time to send again from must lie in the past; correct it."};
}

v1::WebhookLine view(std::uint32_t partition, const WebhookLine& line) {
  v1::StoredLine stored;
  encode_line(line, stored);
  v1::WebhookLine out;
  out.set_partition(partition);
  shared_kernel::wire::encode(line.since, *out.mutable_since_time());
  *out.mutable_positions() = stored.positions();
  *out.mutable_failing() = stored.failing();
  *out.mutable_tried() = stored.tried();
  *out.mutable_given_up() = stored.given_up();
  out.set_delivered(line.delivered);
  if (line.runs()) return out;
  shared_kernel::wire::encode(line.suspended_at, *out.mutable_suspend_time());
  out.set_suspend_reason(line.suspended);
  return out;
}

v1::Webhook view(const WebhookSubscription& subscription) {
  v1::Webhook out;
  out.set_subscription(subscription.id);
  out.set_url(subscription.url);
  for (const auto& type : subscription.types) out.add_types(type);
  for (const auto& agency : subscription.agencies) out.add_agencies(agency);
  for (const auto& procedure : subscription.procedures) out.add_procedures(procedure);
  return out;
}

}  // namespace

WebhookApi::WebhookApi(const WebhookApiParts& parts)
    : parts_(parts),
      commands_("notification", parts_.gateway, parts_.clock, parts_.service_key),
      service_("lienthong.notification.v1.WebhookService", shared_kernel::api::principals_of(parts_.rules)) {
  service_.unary<v1::ListWebhooksRequest, v1::ListWebhooksResponse>(
      "ListWebhooks", [this](const auto& call, auto request, auto out) { list(call, request, out); });
  service_.unary<v1::TestWebhookRequest, v1::TestWebhookResponse>(
      "TestWebhook", [this](const auto& call, auto request, auto out) { test(call, request, out); });
  service_.unary<v1::SteerWebhookRequest, v1::SteerWebhookResponse>(
      "SteerWebhook", [this](const auto& call, auto request, auto out) { steer(call, request, out); });
}

Result<std::shared_ptr<const Catalogue>> WebhookApi::allowed(const rpc::Call& call, Action action) const {
  auto catalogue = shared_kernel::api::latest_catalogue(parts_.rules);
  if (!catalogue) return failure(catalogue.error());
  const auto* principal = (*catalogue)->principal(call.principal);
  if (principal == nullptr || !Catalogue::allows(*principal, action, "", ""))
    return failure(shared_kernel::api::not_granted(action));
  return catalogue;
}

std::vector<WebhookSubscription> WebhookApi::subscriptions(const Catalogue& catalogue) const {
  auto out = catalogue.contents().notices.webhooks;
  if (parts_.engine == nullptr) return out;
  for (const auto& own : parts_.engine->own()) out.push_back(own.subscription);
  return out;
}

void WebhookApi::list(const rpc::Call& call, const v1::ListWebhooksRequest& request,
                      const Out<v1::ListWebhooksResponse>& out) const {
  const auto catalogue = allowed(call, Action::kReadNotice);
  if (!catalogue) return out.fail(catalogue.error());
  std::vector<WebhookSubscription> wanted;
  for (const auto& subscription : subscriptions(**catalogue)) {
    if (request.subscription().empty() || request.subscription() == subscription.id) wanted.push_back(subscription);
  }
  if (!request.subscription().empty() && wanted.empty()) return out.fail(subscription_not_found());
  const auto queued = parts_.reads.post([this, wanted, out] {
    v1::ListWebhooksResponse answer;
    for (const auto& subscription : wanted) {
      auto& shown = *answer.add_webhooks();
      shown = view(subscription);
      api::v1::PageRequest page;
      page.set_page_size(kPageSize);
      do {
        const auto found = shared_kernel::api::list(
            parts_.query, {"notification", parts_.gateway.partition_count(), "webhook", {subscription.id}}, page);
        if (!found) return out.fail(found.error());
        for (const auto& entry : found->entries) {
          const auto state = decode_state(entry.value.state());
          if (state && state->line) *shown.add_lines() = view(entry.partition, *state->line);
        }
        page.set_page_token(found->page.next_page_token());
      } while (!page.page_token().empty());
      std::sort(shown.mutable_lines()->begin(), shown.mutable_lines()->end(),
                [](const auto& a, const auto& b) { return a.partition() < b.partition(); });
    }
    out.ok(answer);
  });
  if (!queued) out.fail(shared_kernel::api::too_many_reads());
}

void WebhookApi::test(const rpc::Call& call, const v1::TestWebhookRequest& request,
                      const Out<v1::TestWebhookResponse>& out) const {
  const auto catalogue = allowed(call, Action::kSteerNotice);
  if (!catalogue) return out.fail(catalogue.error());
  if (parts_.engine == nullptr) return out.fail(no_targets());
  const bool begun = parts_.engine->test(request.subscription(), [out](const WebhookAnswer& answer) {
    if (answer.reason_code == "TARGET_REFUSED") return out.fail(target_refused());
    v1::TestWebhookResponse response;
    response.set_delivered(answer.delivered);
    response.set_status(answer.status);
    response.set_reason_code(answer.reason_code);
    response.set_took_millis(static_cast<std::uint64_t>(answer.took.count()));
    out.ok(response);
  });
  if (!begun) out.fail(subscription_not_found());
}

void WebhookApi::steer(const rpc::Call& call, const v1::SteerWebhookRequest& request,
                       const Out<v1::SteerWebhookResponse>& out) const {
  const auto catalogue = allowed(call, Action::kSteerNotice);
  if (!catalogue) return out.fail(catalogue.error());
  const auto known = subscriptions(**catalogue);
  if (std::none_of(known.begin(), known.end(), [&](const auto& one) { return one.id == request.subscription(); }) ||
      request.partition() >= parts_.gateway.partition_count())
    return out.fail(subscription_not_found());
  const auto id = shared_kernel::parse_uuid(request.header().request_id());
  if (!id) return out.fail(id.error());
  SteerLine steer{request.give_up(), {}};
  if (request.has_replay_time()) {
    const auto at = rpc::to_instant(request.replay_time(), "replay_time");
    if (!at) return out.fail(at.error());
    if (at->micros == 0 || *at > parts_.clock.now()) return out.fail(replay_in_future());
    steer.replay_since = *at;
  }
  shared_kernel::api::CommandNames names;
  names.dossier.id = line_id(request.subscription(), request.partition());
  names.request = *id;
  auto begun = commands_.begin(call, request.header(), names, request);
  if (!begun) return out.fail(begun.error());
  auto encoded = encode_command(steer, std::nullopt);
  begun->type = encoded.type;
  begun->body = std::move(encoded.body);
  begun->reply = [out, partition = request.partition()](const ledger::Reply& reply) {
    if (reply.error) return out.fail(*reply.error, reply.retry_after);
    v1::SteerWebhookResponse answer;
    const auto state = reply.value ? decode_state(reply.value->state()) : Result<State>(State{});
    if (state && state->line) *answer.mutable_line() = view(partition, *state->line);
    out.ok(answer);
  };
  parts_.gateway.submit(request.partition(), std::move(*begun));
}

}  // namespace lienthong::notification
