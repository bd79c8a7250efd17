// Notices, and how far each channel is with them.
#include <fmt/format.h>

#include <array>

#include "store/database.h"
#include "store/job_store.h"
#include "store/rows.h"

namespace turbodiff::store {
namespace {

constexpr Micros kept_for = 30LL * 86400 * 1'000'000;
constexpr std::array<NoticeKind, 4> all_kinds = {NoticeKind::batch, NoticeKind::failed, NoticeKind::deadline,
                                                 NoticeKind::wake};

constexpr const char* delivery_columns =
    "n.id, n.key, n.kind, n.at, n.job_id, n.prompt, n.detail, d.channel, d.state, d.tries, d.next_try, "
    "d.ended_at, d.error";

DeliveryState delivery_state_named(std::string_view name) {
  if (name == "sent") return DeliveryState::sent;
  return name == "failed" ? DeliveryState::failed : DeliveryState::pending;
}

Delivery read_delivery(SQLite::Statement& row) {
  Delivery delivery;
  Notice& notice = delivery.notice;
  notice.id = row.getColumn(0).getInt64();
  notice.key = row.getColumn(1).getString();
  notice.kind = notice_kind_named(row.getColumn(2).getString()).value_or(NoticeKind::batch);
  notice.at = row.getColumn(3).getInt64();
  notice.job = optional_int(row.getColumn(4));
  notice.prompt = row.getColumn(5).getString();
  notice.detail = row.getColumn(6).getString();
  delivery.channel = row.getColumn(7).getString();
  delivery.state = delivery_state_named(row.getColumn(8).getString());
  delivery.tries = row.getColumn(9).getInt();
  delivery.next_try = row.getColumn(10).getInt64();
  delivery.ended_at = optional_int(row.getColumn(11));
  delivery.error = row.getColumn(12).getString();
  return delivery;
}

std::string kinds_text(const ChannelRow& channel) {
  std::string text = ",";
  for (const NoticeKind kind : channel.kinds) text += fmt::format("{},", name_of(kind));
  return text;
}

/// Runs `sql` for each notice; its parameters: ?1 channel, ?2 notice, ?3 a time, ?4 the error.
void change_each(Database& database, std::string_view name, const char* sql, const std::string& channel,
                 std::span<const std::int64_t> notices, Micros time, const std::string& error,
                 std::optional<Micros> full_at = {}) {
  guarded(database, [&] {
    Transaction transaction(database, name);
    for (const std::int64_t notice : notices) {
      auto update = database.statement(sql);
      update.bind(1, channel);
      update.bind(2, notice);
      update.bind(3, time);
      update.bind(4, error);
      update.exec();
    }
    if (full_at) {
      auto update = database.statement("UPDATE notify_channels SET full_at = ? WHERE name = ?");
      update.bind(1, *full_at);
      update.bind(2, channel);
      update.exec();
    }
    transaction.commit();
  });
}

}  // namespace

std::string_view name_of(NoticeKind kind) {
  constexpr std::array<std::string_view, 4> names = {"batch", "failed", "deadline", "wake"};
  return names.at(static_cast<std::size_t>(kind));
}

std::optional<NoticeKind> notice_kind_named(std::string_view name) {
  for (const NoticeKind kind : all_kinds)
    if (name_of(kind) == name) return kind;
  return std::nullopt;
}

std::string_view name_of(DeliveryState state) {
  constexpr std::array<std::string_view, 3> names = {"pending", "sent", "failed"};
  return names.at(static_cast<std::size_t>(state));
}

void JobStore::set_channels(std::span<const ChannelRow> channels, Micros now) {
  guarded(*database_, [&] {
    Transaction transaction(*database_, "set-channels");
    const bool any_before = [&] {
      auto find = database_->statement("SELECT 1 FROM notify_channels LIMIT 1");
      return find.executeStep();
    }();
    database_->statement("CREATE TEMP TABLE IF NOT EXISTS kept_channels (name TEXT PRIMARY KEY)").exec();
    database_->statement("DELETE FROM temp.kept_channels").exec();
    for (const ChannelRow& channel : channels) {
      auto keep = database_->statement("INSERT OR IGNORE INTO temp.kept_channels VALUES (?)");
      keep.bind(1, channel.name);
      keep.exec();
      auto insert = database_->statement(
          "INSERT INTO notify_channels VALUES (?, ?, 0) "
          "ON CONFLICT (name) DO UPDATE SET kinds = excluded.kinds");
      insert.bind(1, channel.name);
      insert.bind(2, kinds_text(channel));
      insert.exec();
    }
    database_
        ->statement("DELETE FROM notify_channels WHERE name NOT IN (SELECT name FROM temp.kept_channels)")
        .exec();
    auto fail = database_->statement(
        "UPDATE deliveries "
        "SET state = 'failed', ended_at = ?, error = 'the channel is not configured any more' "
        "WHERE state = 'pending' AND channel NOT IN (SELECT name FROM temp.kept_channels)");
    fail.bind(1, now);
    fail.exec();
    auto forget = database_->statement(
        "DELETE FROM notices WHERE at < ? AND NOT EXISTS "
        "(SELECT 1 FROM deliveries d WHERE d.notice_id = notices.id AND d.state = 'pending')");
    forget.bind(1, now - kept_for);
    forget.exec();
    if (!any_before)
      database_
          ->statement(
              "UPDATE reported "
              "SET attempt = (SELECT coalesce(max(id), 0) FROM attempts WHERE ended_at IS NOT NULL)")
          .exec();
    transaction.commit();
  });
}

std::string key_of_deadline(JobId job, std::int64_t deadline) {
  return fmt::format("deadline:{}:{}", job, deadline);
}

bool JobStore::insert_notice(const Notice& notice) {
  const std::string kind(name_of(notice.kind));
  auto wanted = database_->statement("SELECT 1 FROM notify_channels WHERE instr(kinds, ?) LIMIT 1");
  wanted.bind(1, "," + kind + ",");
  if (!wanted.executeStep()) return false;
  auto insert = database_->statement(
      "INSERT OR IGNORE INTO notices (key, kind, at, job_id, prompt, detail) VALUES (?, ?, ?, ?, ?, ?)");
  insert.bind(1, notice.key);
  insert.bind(2, kind);
  insert.bind(3, notice.at);
  bind_optional(insert, 4, notice.job);
  insert.bind(5, notice.prompt);
  insert.bind(6, notice.detail);
  if (insert.exec() == 0) return false;
  auto deliver = database_->statement(
      "INSERT INTO deliveries (notice_id, channel, state, next_try) SELECT ?, name, 'pending', ? "
      "FROM notify_channels WHERE instr(kinds, ?)");
  deliver.bind(1, database_->sql().getLastInsertRowid());
  deliver.bind(2, notice.at);
  deliver.bind(3, "," + kind + ",");
  deliver.exec();
  return true;
}

bool JobStore::add_notice(const Notice& notice) {
  return guarded(*database_, [&] {
    Transaction transaction(*database_, "notice");
    const bool added = insert_notice(notice);
    transaction.commit();
    return added;
  });
}

std::vector<EndedAttempt> JobStore::unreported() const {
  return guarded(*database_, [&] {
    std::vector<EndedAttempt> all;
    static const std::string sql = fmt::format(
        "SELECT {}, j.state, j.prompt, j.output, j.deadline, j.failures, j.retries FROM attempts a "
        "JOIN jobs j ON j.id = a.job_id LEFT JOIN energy e ON e.attempt_id = a.id "
        "WHERE j.removed = 0 AND a.ended_at IS NOT NULL AND a.id > (SELECT attempt FROM reported) "
        "ORDER BY a.id",
        attempt_columns);
    auto find = database_->statement(sql.c_str());
    while (find.executeStep()) {
      Attempt attempt = read_attempt(find);
      EndedAttempt& ended = all.emplace_back();
      ended.id = attempt.id;
      ended.job = attempt.job;
      ended.state = attempt.state;
      ended.job_state = state_named(find.getColumn(attempt_column_count).getString()).value_or(State::held);
      ended.prompt = find.getColumn(attempt_column_count + 1).getString();
      ended.output = find.getColumn(attempt_column_count + 2).getString();
      ended.deadline = optional_int(find.getColumn(attempt_column_count + 3));
      ended.set_aside = is_set_aside(ended.job_state, find.getColumn(attempt_column_count + 4).getInt(),
                                     find.getColumn(attempt_column_count + 5).getInt());
      ended.error = std::move(attempt.error);
      ended.started_at = attempt.started_at;
      ended.ended_at = attempt.ended_at.value_or(0);
      ended.microjoules = attempt.bill.microjoules;
      ended.gross = attempt.bill.cost.gross.micro();
      ended.currency = std::move(attempt.bill.currency);
      ended.measured = attempt.bill.source == "measured";
    }
    return all;
  });
}

bool JobStore::add_batch(const Notice& notice, std::int64_t last) {
  return guarded(*database_, [&] {
    Transaction transaction(*database_, "batch");
    auto mark = database_->statement("UPDATE reported SET attempt = ?1 WHERE attempt < ?1");
    mark.bind(1, last);
    if (mark.exec() == 0) return false;
    const bool added = insert_notice(notice);
    transaction.commit();
    return added;
  });
}

std::vector<Delivery> JobStore::pending(const std::string& channel) const {
  return guarded(*database_, [&] {
    std::vector<Delivery> all;
    static const std::string sql = fmt::format(
        "SELECT {} FROM deliveries d JOIN notices n ON n.id = d.notice_id "
        "WHERE d.channel = ? AND d.state = 'pending' ORDER BY n.id",
        delivery_columns);
    auto find = database_->statement(sql.c_str());
    find.bind(1, channel);
    while (find.executeStep()) all.push_back(read_delivery(find));
    return all;
  });
}

bool JobStore::any_pending(Micros due_by) const {
  return guarded(*database_, [&] {
    auto find =
        database_->statement("SELECT 1 FROM deliveries WHERE state = 'pending' AND next_try <= ? LIMIT 1");
    find.bind(1, due_by);
    return find.executeStep();
  });
}

std::vector<Delivery> JobStore::deliveries(std::size_t ended) const {
  return guarded(*database_, [&] {
    std::vector<Delivery> all;
    static const std::string sql = fmt::format(
        "SELECT {0} FROM deliveries d JOIN notices n ON n.id = d.notice_id WHERE d.state = 'pending' "
        "UNION ALL SELECT * FROM (SELECT {0} FROM deliveries d JOIN notices n ON n.id = d.notice_id "
        "WHERE d.state != 'pending' ORDER BY n.id DESC, d.channel LIMIT ?)",
        delivery_columns);
    auto find = database_->statement(sql.c_str());
    find.bind(1, static_cast<std::int64_t>(ended));
    while (find.executeStep()) all.push_back(read_delivery(find));
    return all;
  });
}

std::map<std::string, std::map<DeliveryState, std::int64_t>> JobStore::count_deliveries() const {
  return guarded(*database_, [&] {
    std::map<std::string, std::map<DeliveryState, std::int64_t>> counts;
    auto find =
        database_->statement("SELECT channel, state, count(*) FROM deliveries GROUP BY channel, state");
    while (find.executeStep())
      counts[find.getColumn(0).getString()][delivery_state_named(find.getColumn(1).getString())] =
          find.getColumn(2).getInt64();
    return counts;
  });
}

Micros JobStore::channel_full_at(const std::string& channel) const {
  return guarded(*database_, [&] {
    auto find = database_->statement("SELECT full_at FROM notify_channels WHERE name = ?");
    find.bind(1, channel);
    return find.executeStep() ? find.getColumn(0).getInt64() : 0;
  });
}

void JobStore::note_sent(const std::string& channel, std::span<const std::int64_t> notices, Micros full_at,
                         Micros now) {
  change_each(*database_, "sent",
              "UPDATE deliveries SET state = 'sent', tries = tries + 1, ended_at = ?3, error = ?4 "
              "WHERE channel = ?1 AND notice_id = ?2 AND state = 'pending'",
              channel, notices, now, "", full_at);
}

void JobStore::note_refused(const std::string& channel, std::span<const std::int64_t> notices,
                            Micros next_try, const std::string& error) {
  change_each(*database_, "refused",
              "UPDATE deliveries SET tries = tries + 1, next_try = ?3, error = ?4 "
              "WHERE channel = ?1 AND notice_id = ?2 AND state = 'pending'",
              channel, notices, next_try, error);
}

void JobStore::note_failed(const std::string& channel, std::span<const std::int64_t> notices, Micros now,
                           const std::string& error) {
  change_each(*database_, "given-up",
              "UPDATE deliveries SET state = 'failed', tries = tries + 1, ended_at = ?3, error = ?4 "
              "WHERE channel = ?1 AND notice_id = ?2 AND state = 'pending'",
              channel, notices, now, error);
}

}  // namespace turbodiff::store
