#include "monitoring/adapters/watch.h"

#include "monitoring/adapters/timeline_view.h"
#include "platform/base/encoding.h"
#include "shared_kernel/action.h"
#include "shared_kernel/command.h"
#include "shared_kernel/dossier_id.h"

#include <algorithm>
#include <optional>

namespace lienthong::monitoring {
namespace {

constexpr int kEntriesMax = 500;
constexpr Duration kHeartbeat = std::chrono::seconds(5);

const rpc::EnumFields& enums() {
  static const rpc::EnumFields fields(v1::WatchDossierRequest::descriptor());
  return fields;
}

Error stopping() {
  return {ErrorCode::kUnavailable, "DROPPED", "Dịch vụ đang dừng; hãy gọi lại với con trỏ cuối cùng.",
          "The service is stopping; call again with the last cursor."};
}

}  // namespace

std::string encode_cursor(const WatchCursor& cursor) {
  std::string out;
  for (const auto seq : cursor) append_u64_be(out, seq);
  return out;
}

Result<WatchCursor> decode_cursor(const std::string& bytes) {
  WatchCursor out{};
  if (bytes.empty()) return out;
  if (bytes.size() != out.size() * 8) {
    return failure({ErrorCode::kInvalidArgument, "CURSOR_INVALID",
                    "Con trỏ không đọc được; hãy bắt đầu lại không có con trỏ.",
                    "The cursor can't be read; start again without one."});
  }
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = read_u64_be(std::string_view(bytes).substr(i * 8, 8));
  return out;
}

/// One stream. What it sends is made by one task of the read pool at a time.
class WatchStream final : public rpc::StreamHandler, public std::enable_shared_from_this<WatchStream> {
 public:
  WatchStream(Watches& watches, rpc::Call call) : watches_(watches), call_(std::move(call)) {}

  void on_open(std::shared_ptr<rpc::RawStream> stream) override {
    stream_ = std::move(stream);
    stream_->read();
  }
  void on_message(const rpc::RawRequest& raw) override {
    v1::WatchDossierRequest request;
    if (const auto read = raw.read(enums(), request); !read) return stream_->finish(read.error());
    const auto name = shared_kernel::parse_dossier_name(request.dossier_id());
    if (!name) return stream_->finish(name.error());
    const auto cursor = decode_cursor(request.cursor());
    if (!cursor) return stream_->finish(cursor.error());
    cursor_ = *cursor;
    dossier_ = name->id;
    watches_.add(dossier_, shared_from_this());
    deliver();
  }
  void on_half_close() override {
    if (dossier_.is_zero()) stream_->finish(shared_kernel::dossier_not_found());
  }
  void on_writable() override { deliver(); }
  void on_closed() override {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    watches_.remove(dossier_, this);
  }

  void finish(const Error& error) { stream_->finish(error); }
  void tick() {
    {
      const std::lock_guard lock(mutex_);
      if (watches_.parts_.clock.steady() < last_write_ + kHeartbeat) return;
      heartbeat_ = true;
    }
    deliver();
  }

  void deliver() {
    {
      const std::lock_guard lock(mutex_);
      again_ = true;
      if (busy_ || closed_) return;
      busy_ = true;
    }
    const bool posted = watches_.parts_.reads.post([self = shared_from_this()] { self->work(); });
    if (posted) return;
    const std::lock_guard lock(mutex_);
    busy_ = false;  // The next second tries again.
  }

 private:
  void work() {
    for (;;) {
      {
        const std::lock_guard lock(mutex_);
        if (!again_ || closed_ || !stream_->writable()) {
          busy_ = false;
          return;
        }
        again_ = false;
      }
      send();
    }
  }

  void send() {
    auto found = watches_.parts_.views.find(dossier_);
    if (!found) return stream_->finish(found.error());
    if (!*found || !watches_.parts_.may_see(call_, **found)) return stream_->finish(shared_kernel::dossier_not_found());
    const auto catalogue = watches_.parts_.catalogue();
    if (!catalogue) return stream_->finish(catalogue.error());
    auto decisions = watches_.parts_.views.decisions(dossier_);
    if (!decisions) return stream_->finish(decisions.error());

    v1::WatchDossierResponse out;
    const auto timeline = make_timeline(*std::move(decisions));
    auto cursor = cursor_;
    bool more = false;
    for (const auto& entry : timeline.entries) {
      auto& seen = cursor[static_cast<std::size_t>(entry.decision.at.ledger) - 1];
      if (entry.decision.seq <= seen) continue;
      more = out.entries_size() == kEntriesMax;
      if (more) break;
      seen = entry.decision.seq;
      show(entry, (*found)->dossier.partition, *out.add_entries());
    }
    const bool first_end = !more && !caught_up_;
    const bool beats = take_heartbeat();
    if (out.entries_size() == 0 && !first_end && !beats) return;
    out.set_cursor(encode_cursor(cursor));
    out.set_caught_up(first_end);
    *out.mutable_dossier() = summary(**found, **catalogue, watches_.parts_.clock.now());
    if (beats) {
      for (const auto& lane : watches_.parts_.flow()->lanes) {
        if (lane.partition.partition == (*found)->dossier.partition) show_position(lane, *out.add_positions());
      }
    }
    if (!stream_->write(out)) return again();
    cursor_ = cursor;
    caught_up_ = caught_up_ || first_end;
    if (more) again();
  }

  bool take_heartbeat() {
    const std::lock_guard lock(mutex_);
    last_write_ = watches_.parts_.clock.steady();
    return std::exchange(heartbeat_, false);
  }
  void again() {
    const std::lock_guard lock(mutex_);
    again_ = true;
  }

  Watches& watches_;
  rpc::Call call_;
  std::shared_ptr<rpc::RawStream> stream_;
  DossierId dossier_;
  // Touched by the one task at work only.
  WatchCursor cursor_{};
  bool caught_up_ = false;

  std::mutex mutex_;
  bool busy_ = false;
  bool again_ = false;
  bool closed_ = false;
  bool heartbeat_ = false;
  Instant last_write_;
};

std::shared_ptr<rpc::StreamHandler> Watches::open(const rpc::Call& call) {
  return std::make_shared<WatchStream>(*this, call);
}

void Watches::add(const DossierId& dossier, const std::shared_ptr<WatchStream>& stream) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopped_) {
      streams_[dossier].push_back(stream);
      return;
    }
  }
  stream->finish(stopping());
}

void Watches::remove(const DossierId& dossier, const WatchStream* stream) {
  const std::lock_guard lock(mutex_);
  const auto found = streams_.find(dossier);
  if (found == streams_.end()) return;
  std::erase_if(found->second, [stream](const auto& one) { return one.get() == stream; });
  if (found->second.empty()) streams_.erase(found);
}

std::vector<std::shared_ptr<WatchStream>> Watches::all() {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<WatchStream>> out;
  for (const auto& [dossier, streams] : streams_) out.insert(out.end(), streams.begin(), streams.end());
  return out;
}

void Watches::changed(const std::vector<DossierId>& dossiers) {
  if (dossiers.empty()) {
    for (const auto& stream : all()) stream->tick();
    return;
  }
  std::vector<std::shared_ptr<WatchStream>> touched;
  {
    const std::lock_guard lock(mutex_);
    if (streams_.empty()) return;
    for (const auto& dossier : dossiers) {
      if (const auto found = streams_.find(dossier); found != streams_.end()) {
        touched.insert(touched.end(), found->second.begin(), found->second.end());
      }
    }
  }
  for (const auto& stream : touched) stream->deliver();
}

void Watches::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  for (const auto& stream : all()) stream->finish(stopping());
}

}  // namespace lienthong::monitoring
