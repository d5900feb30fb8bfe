#pragma once

#include "intake/adapters/key_pool.h"
#include "intake/adapters/key_store.h"
#include "platform/kafka/compacted_topic.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace lienthong::intake {

/// Keys in a compacted topic, each wrapped (AES-256-GCM) by a key-encryption key that is not in the cluster. The topic is
/// read whole at the start and held in memory, still wrapped: about 110 bytes a key. All replicas of intake share it; one
/// drops a key when it reads the tombstone that any of them wrote.
class KafkaKeyStore final : public KeyStore {
 public:
  struct Settings {
    kafka::CompactedTopicSettings topic;
    /// Durable keys ready for use.
    std::size_t pool = 256;
  };
  /// Told of a record that is no key (fixed name, detail without any of its bytes); from the reading thread.
  using Alarm = std::function<void(std::string_view, std::string_view)>;

  /// Reads the topic to its end and fills the pool before it returns. Errors: kUnavailable, kInvalidArgument.
  static Result<std::unique_ptr<KafkaKeyStore>> open(const Settings& settings, const crypto::Key& encryption_key,
                                                     Alarm alarm);
  ~KafkaKeyStore() override;
  KafkaKeyStore(const KafkaKeyStore&) = delete;
  KafkaKeyStore& operator=(const KafkaKeyStore&) = delete;

  Result<ContentKey> take() override { return pool_.take(); }
  Result<crypto::Key> find(std::string_view ref) override;
  Result<void> erase(const std::vector<std::string>& refs) override;

 private:
  // As crypto::seal makes it: nonce, key, tag.
  using Wrapped = FixedBytes<12 + crypto::Key::kSize + 16, struct WrappedKeyTag>;
  using Ref = FixedBytes<kKeyRefBytes, struct KeyRefTag>;

  KafkaKeyStore(const Settings& settings, const crypto::Key& encryption_key, Alarm alarm);
  Result<void> store(const std::vector<ContentKey>& keys);
  void fold(std::string_view key, std::optional<std::string_view> value);

  crypto::Key encryption_key_;
  Alarm alarm_;
  std::mutex mutex_;
  std::unordered_map<Ref, Wrapped> wrapped_;
  std::unordered_set<Ref> erased_;
  std::unique_ptr<kafka::CompactedTopic> topic_;
  KeyPool pool_;
};

}  // namespace lienthong::intake
