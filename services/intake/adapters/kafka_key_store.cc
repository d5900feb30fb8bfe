#include "intake/adapters/kafka_key_store.h"

#include <optional>
#include <utility>

namespace lienthong::intake {
namespace {

Error unavailable(const Error& cause) {
  return {ErrorCode::kUnavailable, "CONTENT_UNAVAILABLE", "Kho khóa niêm phong chưa dùng được: " + cause.message_vi,
          "The store of sealing keys can't be used now: " + cause.message_en};
}

}  // namespace

KafkaKeyStore::KafkaKeyStore(const Settings& settings, const crypto::Key& encryption_key, Alarm alarm)
    : encryption_key_(encryption_key),
      alarm_(std::move(alarm)),
      pool_(settings.pool, [this](const std::vector<ContentKey>& keys) { return store(keys); }) {}

Result<std::unique_ptr<KafkaKeyStore>> KafkaKeyStore::open(const Settings& settings, const crypto::Key& encryption_key,
                                                           Alarm alarm) {
  std::unique_ptr<KafkaKeyStore> store(new KafkaKeyStore(settings, encryption_key, std::move(alarm)));
  auto topic = kafka::CompactedTopic::open(
      settings.topic,
      [raw = store.get()](std::string_view key, std::optional<std::string_view> value) { raw->fold(key, value); });
  if (!topic) return failure(topic.error());
  store->topic_ = std::move(*topic);
  if (const auto read = store->topic_->catch_up(); !read) return failure(unavailable(read.error()));
  if (const auto filled = store->pool_.start(); !filled) return failure(filled.error());
  return store;
}

KafkaKeyStore::~KafkaKeyStore() {
  pool_.stop();
  topic_.reset();
}

Result<void> KafkaKeyStore::store(const std::vector<ContentKey>& keys) {
  std::vector<kafka::CompactedTopic::Record> records;
  records.reserve(keys.size());
  for (const auto& [ref, key] : keys) records.push_back({ref, crypto::seal(encryption_key_, key.view(), ref)});
  if (const auto written = topic_->write(records); !written) return failure(unavailable(written.error()));
  return {};
}

Result<crypto::Key> KafkaKeyStore::find(std::string_view ref) {
  const auto name = Ref::from(ref);
  if (!name) return failure(personal_data_erased());
  // What is not here may have been made by another replica just now, or its tombstone is gone by compaction.
  for (const bool behind : {true, false}) {
    {
      std::unique_lock lock(mutex_);
      if (const auto known = wrapped_.find(*name); known != wrapped_.end()) {
        const Wrapped wrapped = known->second;
        lock.unlock();
        const auto raw = crypto::open_sealed(encryption_key_, wrapped.view(), ref);
        if (!raw) return failure(raw.error());
        return crypto::Key::from(*raw);
      }
      if (erased_.contains(*name)) break;
    }
    if (!behind) break;
    if (const auto read = topic_->catch_up(); !read) return failure(unavailable(read.error()));
  }
  return failure(personal_data_erased());
}

Result<void> KafkaKeyStore::erase(const std::vector<std::string>& refs) {
  std::vector<kafka::CompactedTopic::Record> tombstones;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& ref : refs) {
      const auto name = Ref::from(ref);
      if (name && !erased_.contains(*name)) tombstones.push_back({ref, std::nullopt});
    }
  }
  if (tombstones.empty()) return {};
  if (const auto written = topic_->write(tombstones); !written) return failure(unavailable(written.error()));
  return {};
}

void KafkaKeyStore::fold(std::string_view key, std::optional<std::string_view> value) {
  const auto ref = Ref::from(key);
  const auto wrapped = Wrapped::from(value.value_or(std::string_view{}));
  if (!ref || (value && !wrapped)) return alarm_("KEY_RECORD_UNREADABLE", "a record has another size than a key's");
  const std::lock_guard lock(mutex_);
  // Erased is erased: a copy of the record that arrives behind its tombstone brings nothing back.
  if (!value) {
    wrapped_.erase(*ref);
    erased_.insert(*ref);
  } else if (!erased_.contains(*ref)) {
    wrapped_.insert_or_assign(*ref, *wrapped);
  }
}

}  // namespace lienthong::intake
