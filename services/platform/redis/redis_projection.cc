#include "platform/redis/redis_projection.h"

#include "platform/block/block.h"
#include "platform/ports/installation.h"
#include "platform/ports/outlet.h"
#include "platform/redis/stored_value.h"

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <tuple>
#include <utility>

namespace lienthong::redis {
namespace {

using ProjectionOutlet =
    ports::Outlet<ports::ProjectionSink, ports::ProjectionMessage, &ports::ProjectionSink::on_projection>;

// A function blocks all other clients while it runs; 256 values take about 2 ms.
constexpr std::size_t kValuesPerCall = 256;
constexpr std::size_t kBytesPerCall = 8U << 20;
constexpr std::size_t kIdsPerCall = 1000;
constexpr std::chrono::milliseconds kReconnectPause{100};
constexpr std::size_t kEntriesPerRead = 1000;

std::string prefix_of(const LedgerPartition& partition) {
  return "{" + partition.ledger + ":" + std::to_string(partition.partition) + "}:";
}
std::string meta_key(const LedgerPartition& partition) { return prefix_of(partition) + "m"; }
std::string list_key(const LedgerPartition& partition, const std::string& index, const std::string& key) {
  return prefix_of(partition) + "x:" + index + ":" + key;
}

std::int64_t score_of(std::string_view text) { return std::llround(std::strtod(std::string(text).c_str(), nullptr)); }

/// Null-terminated digits as the server stores them.
Offset offset_of(std::string_view text) { return std::strtoll(std::string(text).c_str(), nullptr, 10); }

Result<ports::IndexHit> hit_of(const std::string& key, std::string_view member, std::string_view score) {
  auto dossier = DossierId::from(member.substr(0, DossierId::kSize));
  if (!dossier) return failure(dossier.error());
  return ports::IndexHit{key, score_of(score), *dossier, std::string(member.substr(DossierId::kSize))};
}

Error unavailable(const std::string& detail) {
  return {ErrorCode::kUnavailable, "PROJECTION_UNAVAILABLE",
          "Kho tra cứu tạm thời không trả lời (" + detail + "). Thử lại sau.",
          "The projection does not answer now (" + detail + "). Try again."};
}

/// An answer that says in the server's own words why it refused.
struct Refused {
  std::string detail;
};

const Reply& accepted(const Reply& reply) {
  if (reply.is_error()) throw Refused{std::string(reply.text())};
  return reply;
}

/// One command of a request, with the memory its arguments point to.
struct Command {
  std::vector<std::string> words;

  Connection::Arguments arguments() const { return {words.begin(), words.end()}; }
};

Command function_call(const char* verb, const char* name, const LedgerPartition& partition) {
  return {{verb, name, "1", meta_key(partition)}};
}

/// A request of a lane: commands that are sent one after the other, each only when the one before was done, and what
/// their answers mean. `prepare` makes the commands where that is work, on the projection's thread.
struct Request {
  ports::Ticket ticket = 0;
  std::vector<Command> commands = {};
  std::function<ports::ProjectionMessage(const std::vector<Reply>&)> answer = {};
  std::function<std::vector<Command>()> prepare = {};
};

std::optional<Offset> mismatch_in(const Reply& reply) {
  if (reply.is_array() && reply.size() == 2 && reply[0].text() == "mismatch") return offset_of(reply[1].text());
  return std::nullopt;
}

std::optional<ports::v1::PartitionMeta> decode_meta(const Reply& reply) {
  if (reply.is_nil()) return std::nullopt;
  ports::v1::PartitionMeta meta;
  const auto bytes = reply.text();
  if (!meta.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) throw Refused{"meta data that can't be read"};
  return meta;
}

ports::StoredValue decode_value(const DossierId& dossier, const Reply& reply) {
  if (reply.is_nil()) return {dossier, 0, {}};
  auto value = decode_stored(dossier, reply.text());
  if (!value) throw Refused{value.error().message_en};
  return *std::move(value);
}

Request open_request(const LedgerPartition& partition, ports::Ticket ticket) {
  return {ticket,
          {{{"HGET", meta_key(partition), "meta"}}},
          [ticket](const std::vector<Reply>& replies) -> ports::ProjectionMessage {
            return ports::Opened{ticket, decode_meta(replies.front())};
          }};
}

Request load_request(const LedgerPartition& partition, Offset expected, std::vector<DossierId> ids, ports::Ticket ticket) {
  Request request{ticket};
  for (std::size_t from = 0; from == 0 || from < ids.size(); from += kIdsPerCall) {
    auto command = function_call("FCALL_RO", "lienthong1_load", partition);
    command.words.push_back(std::to_string(expected));
    for (std::size_t i = from; i < std::min(ids.size(), from + kIdsPerCall); ++i) command.words.emplace_back(ids[i].view());
    request.commands.push_back(std::move(command));
  }
  request.answer = [ticket, ids = std::move(ids)](const std::vector<Reply>& replies) -> ports::ProjectionMessage {
    ports::Loaded loaded{ticket, {}};
    loaded.values.reserve(ids.size());
    for (const auto& reply : replies) {
      const Reply values = reply[1];
      for (std::size_t i = 0; i < values.size(); ++i)
        loaded.values.push_back(decode_value(ids[loaded.values.size()], values[i]));
    }
    return loaded;
  };
  return request;
}

std::vector<Command> apply_commands(const LedgerPartition& partition, Offset expected, const ports::ApplyBatch& batch) {
  std::vector<Command> commands;
  const auto begin_part = [&] {
    auto command = function_call("FCALL", "lienthong1_apply", partition);
    command.words.insert(command.words.end(), {std::to_string(expected), batch.meta.genesis_hash(), "", "", ""});
    commands.push_back(std::move(command));
  };
  begin_part();
  std::size_t values = 0;
  std::size_t bytes = 0;
  for (const auto& change : batch.changes) {
    auto stored = encode_stored(change);
    if (values == kValuesPerCall || (values > 0 && bytes + stored.size() > kBytesPerCall)) {
      begin_part();
      values = 0;
      bytes = 0;
    }
    ++values;
    bytes += stored.size();
    auto& words = commands.back().words;
    words.emplace_back(change.value.dossier.view());
    words.push_back(std::move(stored));
  }
  auto& last = commands.back().words;
  constexpr std::size_t kNewWatermark = 6;
  last[kNewWatermark] = std::to_string(batch.meta.watermark());
  last[kNewWatermark + 1] = std::to_string(batch.meta.head_seq());
  last[kNewWatermark + 2] = block::encode_message(batch.meta);
  return commands;
}

Request apply_request(const LedgerPartition& partition, Offset expected, ports::ApplyBatch batch, ports::Ticket ticket) {
  Request request{ticket};
  request.prepare = [=, batch = std::move(batch)] { return apply_commands(partition, expected, batch); };
  request.answer = [ticket](const std::vector<Reply>&) -> ports::ProjectionMessage { return ports::Applied{ticket}; };
  return request;
}

Request scan_request(const LedgerPartition& partition, Offset expected, const std::string& index, std::int64_t until,
                     std::size_t limit, ports::Ticket ticket) {
  auto command = function_call("FCALL_RO", "lienthong1_scan", partition);
  command.words.insert(command.words.end(), {std::to_string(expected), index, std::to_string(until), std::to_string(limit)});
  return {ticket, {std::move(command)}, [ticket, limit](const std::vector<Reply>& replies) -> ports::ProjectionMessage {
            ports::Scanned scanned{ticket, {}};
            const auto& lists = replies.front();
            for (std::size_t i = 1; i < lists.size(); ++i) {
              const std::string key(lists[i][0].text());
              const Reply members = lists[i][1];
              for (std::size_t m = 0; m + 1 < members.size(); m += 2) {
                auto hit = hit_of(key, members[m].text(), members[m + 1].text());
                if (!hit) throw Refused{hit.error().message_en};
                scanned.hits.push_back(*std::move(hit));
              }
            }
            std::ranges::sort(scanned.hits, {}, [](const ports::IndexHit& hit) {
              return std::tie(hit.score, hit.dossier, hit.suffix, hit.key);
            });
            if (scanned.hits.size() > limit) scanned.hits.resize(limit);
            return scanned;
          }};
}

Request reset_request(const LedgerPartition& partition, ports::Ticket ticket) {
  return {ticket,
          {function_call("FCALL", "lienthong1_reset", partition)},
          [ticket](const std::vector<Reply>&) -> ports::ProjectionMessage { return ports::Applied{ticket}; }};
}

}  // namespace

// Requests wait in one queue; the thread sends what waits in one go and reads the answers in order. A request of several
// commands goes alone: its last command must not reach the server when an earlier one was refused.
class RedisProjection::Attachment final : public ports::Projection {
 public:
  Attachment(const Settings& settings, ports::ProjectionSink& sink)
      : settings_(settings), outlet_(sink), thread_([this] { run(); }) {}
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;
  ~Attachment() override {
    outlet_.close();
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  void open(const LedgerPartition& partition, ports::Ticket ticket) override { post(open_request(partition, ticket)); }
  void load(const LedgerPartition& partition, Offset expected, std::vector<DossierId> ids, ports::Ticket ticket) override {
    post(load_request(partition, expected, std::move(ids), ticket));
  }
  void apply(const LedgerPartition& partition, Offset expected, ports::ApplyBatch batch, ports::Ticket ticket) override {
    post(apply_request(partition, expected, std::move(batch), ticket));
  }
  void scan(const LedgerPartition& partition, Offset expected, std::string index, std::int64_t until, std::size_t limit,
            ports::Ticket ticket) override {
    post(scan_request(partition, expected, index, until, limit, ticket));
  }
  void reset(const LedgerPartition& partition, ports::Ticket ticket) override { post(reset_request(partition, ticket)); }

 private:
  void post(Request request) {
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back(std::move(request));
    }
    wake_.notify_one();
  }

  void run() {
    std::vector<Request> taken;
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (stopping_) return;
        taken.swap(queue_);
      }
      for (auto& request : taken) {
        if (request.prepare) request.commands = request.prepare();
      }
      for (std::size_t from = 0; from < taken.size();) {
        std::size_t to = from + 1;
        if (taken[from].commands.size() == 1) {
          while (to < taken.size() && taken[to].commands.size() == 1) ++to;
        }
        carry_out(std::span(taken).subspan(from, to - from));
        from = to;
      }
      taken.clear();
    }
  }

  void carry_out(std::span<Request> requests) {
    std::size_t done = 0;
    try {
      connect();
      if (requests.front().commands.size() > 1) {
        one_by_one(requests.front());
        return;
      }
      for (const auto& request : requests) connection_->send(request.commands.front().arguments());
      std::vector<Reply> replies;
      for (std::size_t i = 0; i < requests.size(); ++i) replies.push_back(connection_->receive());
      for (; done < requests.size(); ++done) {
        if (is_function_missing(replies[done])) {
          connection_->load_functions();
          replies[done] = connection_->call(requests[done].commands.front().arguments());
        }
        finish(requests[done], {replies[done]});
      }
    } catch (const ConnectionFailure& failed) {
      connection_.reset();
      for (; done < requests.size(); ++done) outlet_.deliver(ports::ProjectionFailed{requests[done].ticket, failed.detail});
    }
  }

  void one_by_one(const Request& request) {
    std::vector<Reply> replies;
    for (const auto& command : request.commands) {
      auto reply = connection_->call(command.arguments());
      if (is_function_missing(reply)) {
        connection_->load_functions();
        reply = connection_->call(command.arguments());
      }
      replies.push_back(reply);
      if (reply.is_error() || mismatch_in(reply)) break;
    }
    finish(request, replies);
  }

  void finish(const Request& request, const std::vector<Reply>& replies) {
    try {
      const auto actual = mismatch_in(accepted(replies.back()));
      outlet_.deliver(actual ? ports::ProjectionMessage(ports::Mismatch{request.ticket, *actual}) : request.answer(replies));
    } catch (const Refused& refused) {
      outlet_.deliver(ports::ProjectionFailed{request.ticket, refused.detail});
    }
  }

  void connect() {
    if (connection_) return;
    const auto now = std::chrono::steady_clock::now();
    if (now < connect_again_) throw ConnectionFailure{"not connected"};
    connect_again_ = now + kReconnectPause;
    connection_.emplace(settings_);
    connect_again_ = {};
  }

  Settings settings_;
  ProjectionOutlet outlet_;
  std::optional<Connection> connection_;
  std::chrono::steady_clock::time_point connect_again_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Request> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

class RedisProjection::Pool {
 public:
  explicit Pool(Settings settings) : settings_(std::move(settings)) {}

  /// Calls `work` with a connection; a connection that was idle may have died, hence a second try with a new one.
  template <class Work>
  auto with(Work work) -> Result<decltype(work(std::declval<Connection&>()))> {
    try {
      auto idle = take();
      if (idle) {
        try {
          auto result = work(*idle);
          give_back(std::move(idle));
          return result;
        } catch (const ConnectionFailure&) {
          const std::lock_guard lock(mutex_);
          idle_.clear();
        }
      }
      auto fresh = std::make_unique<Connection>(settings_);
      auto result = work(*fresh);
      give_back(std::move(fresh));
      return result;
    } catch (const ConnectionFailure& failed) {
      return failure(unavailable(failed.detail));
    } catch (const Refused& refused) {
      return failure(unavailable(refused.detail));
    }
  }

 private:
  std::unique_ptr<Connection> take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return nullptr;
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }
  void give_back(std::unique_ptr<Connection> connection) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
  }

  Settings settings_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

RedisProjection::RedisProjection(Settings settings)
    : settings_(std::move(settings)), pool_(std::make_unique<Pool>(settings_)) {}
RedisProjection::~RedisProjection() = default;

std::unique_ptr<ports::Projection> RedisProjection::attach(ports::ProjectionSink& sink) {
  return std::make_unique<Attachment>(settings_, sink);
}

Result<ports::IndexPage> RedisProjection::page(const ports::IndexQuery& query) {
  auto command = function_call("FCALL_RO", "lienthong1_page", query.partition);
  command.words.insert(command.words.end(),
                       {query.index, query.key, query.from_score == INT64_MIN ? "-inf" : std::to_string(query.from_score),
                        query.descending ? "1" : "0", std::to_string(std::min(query.limit, kEntriesPerRead))});
  if (query.after) {
    command.words.push_back(std::to_string(query.after->score));
    command.words.push_back(std::string(query.after->dossier.view()) + query.after->suffix);
  }
  return pool_->with([&](Connection& connection) {
    auto reply = connection.call(command.arguments());
    if (is_function_missing(reply)) {
      connection.load_functions();
      reply = connection.call(command.arguments());
    }
    accepted(reply);
    ports::IndexPage page;
    page.head_seq = static_cast<std::uint64_t>(offset_of(reply[0].text()));
    page.total = static_cast<std::uint64_t>(reply[1].integer());
    const Reply members = reply[2];
    const Reply values = reply[3];
    for (std::size_t i = 0; i < values.size(); ++i) {
      auto hit = hit_of(query.key, members[2 * i].text(), members[2 * i + 1].text());
      if (!hit) throw Refused{hit.error().message_en};
      page.values.push_back(decode_value(hit->dossier, values[i]));
      page.hits.push_back(*std::move(hit));
    }
    if (query.descending) {
      std::ranges::reverse(page.hits);
      std::ranges::reverse(page.values);
    }
    return page;
  });
}

Result<std::uint64_t> RedisProjection::count(const LedgerPartition& partition, const std::string& index,
                                             const std::string& key) {
  return pool_->with([&](Connection& connection) {
    return static_cast<std::uint64_t>(accepted(connection.call({"ZCARD", list_key(partition, index, key)})).integer());
  });
}

Result<ports::StoredValue> RedisProjection::value(const LedgerPartition& partition, const DossierId& dossier) {
  return pool_->with([&](Connection& connection) {
    return decode_value(dossier, accepted(connection.call({"HGET", prefix_of(partition) + "d", dossier.view()})));
  });
}

Result<std::vector<ports::StoredValue>> RedisProjection::all_values(const LedgerPartition& partition) {
  return pool_->with([&](Connection& connection) {
    // HSCAN may give a field twice.
    std::map<DossierId, ports::StoredValue> values;
    std::string cursor = "0";
    do {
      const auto reply = connection.call({"HSCAN", prefix_of(partition) + "d", cursor, "COUNT", "500"});
      accepted(reply);
      const Reply fields = reply[1];
      for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
        const auto dossier = DossierId::from(fields[i].text());
        if (!dossier) throw Refused{dossier.error().message_en};
        values[*dossier] = decode_value(*dossier, fields[i + 1]);
      }
      cursor = std::string(reply[0].text());
    } while (cursor != "0");
    std::vector<ports::StoredValue> out;
    for (auto& [dossier, value] : values) out.push_back(std::move(value));
    return out;
  });
}

Result<std::vector<std::pair<DossierId, IndexEntry>>> RedisProjection::all_entries(const LedgerPartition& partition) {
  return pool_->with([&](Connection& connection) {
    std::vector<std::pair<DossierId, IndexEntry>> out;
    const auto indexes = connection.call({"SMEMBERS", prefix_of(partition) + "k"});
    for (std::size_t i = 0; i < accepted(indexes).size(); ++i) {
      const std::string index(indexes[i].text());
      const auto keys = connection.call({"SMEMBERS", prefix_of(partition) + "k:" + index});
      for (std::size_t k = 0; k < accepted(keys).size(); ++k) {
        const std::string key(keys[k].text());
        for (std::size_t from = 0;; from += kEntriesPerRead) {
          const auto members = connection.call({"ZRANGE", list_key(partition, index, key), std::to_string(from),
                                                std::to_string(from + kEntriesPerRead - 1), "WITHSCORES"});
          for (std::size_t m = 0; m + 1 < accepted(members).size(); m += 2) {
            const auto hit = hit_of(key, members[m].text(), members[m + 1].text());
            if (!hit) throw Refused{hit.error().message_en};
            out.emplace_back(hit->dossier, IndexEntry{index, key, hit->score, hit->suffix});
          }
          if (members.size() < 2 * kEntriesPerRead) break;
        }
      }
    }
    return out;
  });
}

Result<std::optional<ports::v1::PartitionMeta>> RedisProjection::meta(const LedgerPartition& partition) {
  return pool_->with([&](Connection& connection) {
    return decode_meta(accepted(connection.call({"HGET", meta_key(partition), "meta"})));
  });
}

std::vector<Error> RedisProjection::check() {
  std::vector<Error> differences;
  const auto policy = pool_->with([&](Connection& connection) {
    connection.load_functions();
    const auto reply = connection.call({"INFO", "memory"});
    const std::string text(accepted(reply).text());
    constexpr std::string_view kField = "maxmemory_policy:";
    const auto at = text.find(kField);
    return at == std::string::npos ? std::string("unknown")
                                   : text.substr(at + kField.size(), text.find('\r', at) - at - kField.size());
  });
  if (!policy) {
    differences.push_back(policy.error());
  } else if (*policy != "noeviction") {
    differences.push_back(ports::difference("Redis " + settings_.socket_path, "maxmemory-policy", *policy, "noeviction",
                                            "Đặt `maxmemory-policy noeviction` trong cấu hình Redis.",
                                            "Set `maxmemory-policy noeviction` in the configuration of Redis."));
  }
  return differences;
}

}  // namespace lienthong::redis
