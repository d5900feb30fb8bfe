#include "tools/ltctl/webhook_commands.h"

#include "lienthong/notification/v1/webhook_service.grpc.pb.h"
#include "shared_kernel/local_time.h"
#include "tools/ltctl/rpc_calls.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lienthong::ltctl {
namespace {

namespace notification_api = ::lienthong::notification::v1;
using Align = Table::Align;
using notification_api::WebhookService;

struct Options {
  std::string subscription;
  std::string give_up;
  std::string since;
  bool attempts = false;
};

Result<std::unique_ptr<WebhookService::Stub>> webhook_stub(const Session& session) {
  auto channel = open_channel(session, session.settings.notification_address);
  if (!channel) return failure(channel.error());
  return WebhookService::NewStub(*channel);
}

std::string state_of(const notification_api::WebhookLine& line) {
  if (line.has_suspend_time()) return "suspended";
  return line.failing_size() > 0 ? "failing" : "running";
}

Table table_of(const Session& session, const notification_api::ListWebhooksResponse& answer) {
  const bool vi = session.language == Language::kVietnamese;
  Table table({vi ? "ĐĂNG KÝ" : "SUBSCRIPTION", vi ? "PHÂN VÙNG" : "PARTITION", vi ? "TRẠNG THÁI" : "STATE",
               vi ? "ĐÃ GIAO" : "DELIVERED", vi ? "LỖI" : "FAILING", vi ? "LÝ DO" : "WHY", vi ? "ĐỊA CHỈ" : "TARGET"},
              {Align::kLeft, Align::kRight, Align::kLeft, Align::kRight, Align::kRight});
  for (const auto& webhook : answer.webhooks()) {
    if (webhook.lines().empty()) table.row({webhook.subscription(), "-", "new", "0", "0", "-", webhook.url()});
    for (const auto& line : webhook.lines()) {
      const auto why = line.has_suspend_time()   ? line.suspend_reason()
                       : line.failing_size() > 0 ? line.failing(0).reason_code()
                                                 : std::string("-");
      table.row({webhook.subscription(), std::to_string(line.partition()), state_of(line), std::to_string(line.delivered()),
                 std::to_string(line.failing_size()), why, webhook.url()});
    }
  }
  return table;
}

Table attempts_of(const Session& session, const notification_api::ListWebhooksResponse& answer) {
  const bool vi = session.language == Language::kVietnamese;
  Table table({vi ? "LÚC" : "AT", vi ? "ĐĂNG KÝ" : "SUBSCRIPTION", vi ? "KẾT QUẢ" : "RESULT", "HTTP", vi ? "LẦN" : "TRY",
               vi ? "SỰ KIỆN" : "EVENT"},
              {Align::kLeft, Align::kLeft, Align::kLeft, Align::kRight, Align::kRight});
  for (const auto& webhook : answer.webhooks()) {
    for (const auto& line : webhook.lines()) {
      for (const auto& tried : line.tried()) {
        table.row({local_text(Instant{tried.at()}), webhook.subscription(),
                   tried.delivered() ? "delivered" : tried.reason_code(), std::to_string(tried.status()),
                   std::to_string(tried.attempts()), tried.event()});
      }
    }
  }
  return table;
}

void show(const Session& session, const notification_api::ListWebhooksResponse& answer, bool attempts) {
  session.show(attempts ? attempts_of(session, answer) : table_of(session, answer), to_json(answer));
}

Result<notification_api::ListWebhooksResponse> fetch(Session& session, WebhookService::Stub& stub,
                                                     const std::string& subscription) {
  notification_api::ListWebhooksRequest request;
  request.set_subscription(subscription);
  return call<WebhookService>(session, stub, &WebhookService::Stub::ListWebhooks, request);
}

void list(Session& session, const Options& options) {
  auto stub = webhook_stub(session);
  if (!stub) return session.fail(stub.error());
  const auto answer = fetch(session, **stub, options.subscription);
  if (!answer) return session.fail(answer.error());
  show(session, *answer, options.attempts);
}

void test(Session& session, const Options& options) {
  auto stub = webhook_stub(session);
  if (!stub) return session.fail(stub.error());
  notification_api::TestWebhookRequest request;
  request.set_subscription(options.subscription);
  const auto answer = call<WebhookService>(session, **stub, &WebhookService::Stub::TestWebhook, request);
  if (!answer) return session.fail(answer.error());
  if (session.json()) return session.show(Table({""}), to_json(*answer));
  const std::string what = (answer->delivered() ? "delivered" : answer->reason_code()) + "  HTTP " +
                           std::to_string(answer->status()) + "  " + std::to_string(answer->took_millis()) + " ms";
  session.line({what, what});
}

/// Has every line of the subscription go on that needs it, or all of them where everything is sent again.
void steer(Session& session, const Options& options) {
  std::optional<Instant> since;
  if (!options.since.empty()) {
    const auto minute = shared_kernel::parse_local_minute(options.since);
    if (!minute) return session.fail(minute.error());
    since = shared_kernel::instant_of(*minute);
  }
  auto stub = webhook_stub(session);
  if (!stub) return session.fail(stub.error());
  const auto before = fetch(session, **stub, options.subscription);
  if (!before) return session.fail(before.error());
  for (const auto& line : before->webhooks(0).lines()) {
    const bool named = std::any_of(line.failing().begin(), line.failing().end(),
                                   [&](const auto& failing) { return failing.event() == options.give_up; });
    if (!since && !line.has_suspend_time() && !named) continue;
    notification_api::SteerWebhookRequest request;
    request.mutable_header()->set_request_id(new_request_id(session));
    request.set_subscription(options.subscription);
    request.set_partition(line.partition());
    if (named) request.set_give_up(options.give_up);
    if (since) *request.mutable_replay_time() = google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(since->micros);
    const auto done = call<WebhookService>(session, **stub, &WebhookService::Stub::SteerWebhook, request);
    if (!done) return session.fail(done.error(), request.header().request_id());
  }
  const auto after = fetch(session, **stub, options.subscription);
  if (!after) return session.fail(after.error());
  show(session, *after, false);
}

}  // namespace

void add_webhook_commands(CLI::App& root, Session& session) {
  auto* webhook =
      root.add_subcommand("webhook", "Gửi sự kiện cho hệ thống khác · events sent to other systems")->require_subcommand(1);

  auto listing = std::make_shared<Options>();
  auto* listed = webhook->add_subcommand("list", "Các đăng ký và tiến độ · subscriptions and how far they are");
  listed->add_option("subscription", listing->subscription, "một đăng ký; bỏ trống: tất cả · one; all if left out");
  listed->add_flag("--attempts", listing->attempts, "các lần gửi gần nhất · the last attempts");
  listed->callback([&session, listing] { list(session, *listing); });

  auto testing = std::make_shared<Options>();
  auto* tested = webhook->add_subcommand("test", "Gửi thử một sự kiện rỗng · send an event that says nothing");
  tested->add_option("subscription", testing->subscription, "đăng ký · subscription")->required();
  tested->callback([&session, testing] { test(session, *testing); });

  auto resuming = std::make_shared<Options>();
  auto* resumed = webhook->add_subcommand("resume", "Cho gửi tiếp sau khi bị dừng · go on after a suspension");
  resumed->add_option("subscription", resuming->subscription, "đăng ký · subscription")->required();
  resumed->add_option("--give-up", resuming->give_up, "bỏ qua sự kiện này (ce_id) · give this event up (ce_id)");
  resumed->callback([&session, resuming] { steer(session, *resuming); });

  auto replaying = std::make_shared<Options>();
  auto* replayed = webhook->add_subcommand("replay", "Gửi lại từ một thời điểm · send again from a time on");
  replayed->add_option("subscription", replaying->subscription, "đăng ký · subscription")->required();
  replayed->add_option("--since", replaying->since, "\"2026-03-02 08:00\", giờ Việt Nam · local time")->required();
  replayed->callback([&session, replaying] { steer(session, *replaying); });
}

}  // namespace lienthong::ltctl
