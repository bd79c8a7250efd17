#include "store/energy_rows.h"

#include <fmt/format.h>

#include <unordered_map>

#include "store/job_store.h"
#include "store/rows.h"

namespace turbodiff::store {
namespace {

constexpr const char* price_columns =
    "start, end, rate, gross, net, levies, vat, off_peak, fallback, milligram_co2";

/// Of price_columns, from column `i` on.
tariff::Segment read_price(SQLite::Statement& row, int i) {
  const auto number = [&] { return row.getColumn(i++).getInt64(); };
  tariff::Segment segment;
  segment.start = number();
  segment.end = number();
  if (std::string rate = row.getColumn(i++).getString(); !rate.empty()) segment.rate = std::move(rate);
  const std::optional<std::int64_t> gross = optional_int(row.getColumn(i++));
  const std::int64_t net = number(), levies = number(), vat = number();
  if (gross) segment.price = tariff::Price{*gross, net, levies, vat};
  segment.off_peak = number() != 0;
  segment.fallback = number() != 0;
  segment.milligram_co2 = optional_int(row.getColumn(i++));
  return segment;
}

energy::Sample read_sample(SQLite::Statement& row, int i) {
  energy::Sample sample;
  for (std::int64_t* part : {&sample.start, &sample.end, &sample.energy.gpu, &sample.energy.cpu,
                             &sample.energy.rest, &sample.energy.wall})
    *part = row.getColumn(i++).getInt64();
  return sample;
}

/// Binds one value after the other.
class Binder {
 public:
  explicit Binder(Query& query) : query_(query) {}
  Binder& operator<<(std::int64_t value) { return query_.bind(++index_, value), *this; }
  Binder& operator<<(const std::string& value) { return query_.bind(++index_, value), *this; }
  Binder& operator<<(const energy::Cost& cost) {
    return *this << cost.gross.micro() << cost.net.micro() << cost.levies.micro() << cost.vat.micro();
  }
  Binder& operator<<(const std::optional<std::int64_t>& value) {
    return bind_optional(query_, ++index_, value), *this;
  }

 private:
  Query& query_;
  int index_ = 0;
};

/// Of price_columns, from `rate` on.
void bind_price(Binder& bind, const tariff::Segment& segment) {
  const tariff::Price price = segment.price.value_or(tariff::Price{});
  bind << segment.rate.value_or("") << (segment.price ? std::optional(price.gross) : std::nullopt)
       << price.net << price.levies << price.vat << std::int64_t{segment.off_peak}
       << std::int64_t{segment.fallback} << segment.milligram_co2;
}

}  // namespace

void replace_samples(Database& database, std::int64_t attempt, std::span<const energy::Sample> samples) {
  if (samples.empty()) return;
  auto erase = database.statement("DELETE FROM energy_samples WHERE attempt_id = ? AND start >= ?");
  Binder(erase) << attempt << samples.front().start;
  erase.exec();
  for (const energy::Sample& sample : samples) {
    auto insert = database.statement("INSERT INTO energy_samples VALUES (?, ?, ?, ?, ?, ?, ?)");
    Binder(insert) << attempt << sample.start << sample.end << sample.energy.gpu << sample.energy.cpu
                   << sample.energy.rest << sample.energy.wall;
    insert.exec();
  }
}

void insert_bill(Database& database, std::int64_t attempt, const Bill& bill,
                 std::span<const tariff::Segment> prices) {
  auto energy = database.statement(
      "INSERT INTO energy "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  Binder(energy) << attempt << bill.microseconds << bill.milliwatts << bill.microjoules << bill.source
                 << std::int64_t{bill.complete} << bill.tariff << bill.currency << bill.cost
                 << bill.gpu_microjoules << bill.cpu_microjoules << bill.rest_microjoules << bill.method
                 << bill.uncertainty_ppm << bill.flags << bill.gpu << bill.gpu_permille << bill.cpu_permille
                 << bill.gpu_peak_bytes << bill.host_peak_bytes << bill.co2_milligrams << bill.asap_gross;
  energy.exec();
  for (const tariff::Segment& price : prices) {
    auto insert = database.statement("INSERT INTO price_snapshots VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    Binder bind(insert);
    bind << attempt << price.start << price.end;
    bind_price(bind, price);
    insert.exec();
  }
  auto erase = database.statement("DELETE FROM energy_samples WHERE attempt_id = ?");
  erase.bind(1, attempt);
  erase.exec();
  replace_samples(database, attempt, bill.samples);
}

std::vector<tariff::Segment> JobStore::prices(std::int64_t attempt) const {
  return guarded(*database_, [&] {
    std::vector<tariff::Segment> prices;
    static const std::string sql =
        fmt::format("SELECT {} FROM price_snapshots WHERE attempt_id = ? ORDER BY start", price_columns);
    auto find = database_->statement(sql.c_str());
    find.bind(1, attempt);
    while (find.executeStep()) prices.push_back(read_price(find, 0));
    return prices;
  });
}

std::vector<energy::Sample> JobStore::samples(std::int64_t attempt) const {
  return guarded(*database_, [&] {
    std::vector<energy::Sample> samples;
    auto find = database_->statement(
        "SELECT start, end, gpu_uj, cpu_uj, rest_uj, wall_uj FROM energy_samples WHERE attempt_id = ? "
        "ORDER BY start");
    find.bind(1, attempt);
    while (find.executeStep()) samples.push_back(read_sample(find, 0));
    return samples;
  });
}

std::vector<BilledAttempt> JobStore::billed_attempts(Micros from, Micros to, bool with_samples) const {
  return guarded(*database_, [&] {
    std::vector<BilledAttempt> all;
    static const std::string sql = fmt::format(
        "SELECT {}, iif(j.removed, '(removed)', j.prompt), j.output, p.model, p.device, j.job_group, "
        "j.state, j.added_at, j.earliest, p.tokens, p.steps, p.pixels FROM attempts a "
        "JOIN energy e ON e.attempt_id = a.id JOIN jobs j ON j.id = a.job_id "
        "JOIN presets p ON p.id = j.preset_id WHERE a.started_at >= ? AND a.started_at < ? "
        "ORDER BY a.started_at, a.id",
        attempt_columns);
    auto find = database_->statement(sql.c_str());
    find.bind(1, from);
    find.bind(2, to);
    while (find.executeStep()) {
      BilledAttempt one;
      one.attempt = read_attempt(find);
      int i = attempt_column_count;
      for (std::string* text : {&one.prompt, &one.output, &one.model, &one.device, &one.group})
        *text = find.getColumn(i++).getString();
      one.job_state = state_named(find.getColumn(i++).getString()).value_or(State::held);
      one.added_at = find.getColumn(i++).getInt64();
      one.earliest = optional_int(find.getColumn(i++));
      for (std::int64_t* size : {&one.tokens, &one.steps, &one.pixels})
        *size = find.getColumn(i++).getInt64();
      all.push_back(std::move(one));
    }
    // One query for all prices and one for all samples: a query an attempt takes seconds for 100,000.
    std::unordered_map<std::int64_t, BilledAttempt*> by_id;
    for (BilledAttempt& one : all) by_id[one.attempt.id] = &one;
    const auto read_all = [&](const std::string& text, const auto& add) {
      auto rows = database_->statement(text.c_str());
      rows.bind(1, from);
      rows.bind(2, to);
      BilledAttempt* one = nullptr;
      for (std::int64_t last = 0; rows.executeStep();) {
        const std::int64_t id = rows.getColumn(0).getInt64();
        if (one == nullptr || id != last) {
          const auto found = by_id.find(id);
          one = found == by_id.end() ? nullptr : found->second;
        }
        last = id;
        if (one != nullptr) add(*one, rows);
      }
    };
    static const std::string range =
        "WHERE attempt_id IN (SELECT id FROM attempts WHERE started_at >= ? AND started_at < ?) "
        "ORDER BY attempt_id, start";
    static const std::string price_sql =
        fmt::format("SELECT attempt_id, {} FROM price_snapshots {}", price_columns, range);
    static const std::string sample_sql =
        "SELECT attempt_id, start, end, gpu_uj, cpu_uj, rest_uj, wall_uj FROM energy_samples " + range;
    read_all(price_sql, [](BilledAttempt& one, Query& row) { one.prices.push_back(read_price(row, 1)); });
    if (with_samples)
      read_all(sample_sql,
               [](BilledAttempt& one, Query& row) { one.samples.push_back(read_sample(row, 1)); });
    return all;
  });
}

void JobStore::add_idle_energy(std::int64_t epoch, std::span<const IdleEnergy> idle) {
  if (idle.empty()) return;
  guarded(*database_, [&] {
    Transaction transaction(*database_, "idle-energy");
    check_epoch(epoch);
    for (const IdleEnergy& one : idle) {
      auto insert = database_->statement(
          "INSERT INTO idle_energy "
          "VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
      const energy::EnergyParts& parts = one.energy.energy;
      Binder bind(insert);
      bind << one.energy.start << one.energy.end << parts.gpu << parts.cpu << parts.rest << parts.wall
           << one.source << one.method << one.flags << one.tariff << one.currency;
      bind_price(bind, one.price);
      bind << one.cost << one.co2_milligrams;
      insert.exec();
    }
    transaction.commit();
  });
}

std::vector<IdleEnergy> JobStore::idle_energy(Micros from, Micros to) const {
  return guarded(*database_, [&] {
    std::vector<IdleEnergy> all;
    auto find = database_->statement(
        "SELECT id, start, end, gpu_microjoules, cpu_microjoules, rest_microjoules, microjoules, source, "
        "method, flags, tariff, currency, gross, net, levies, vat, co2_milligrams, 0, 0, rate, price_gross, "
        "price_net, price_levies, price_vat, off_peak, fallback, milligram_co2 FROM idle_energy "
        "WHERE start >= ? AND start < ? ORDER BY start, id");
    find.bind(1, from);
    find.bind(2, to);
    while (find.executeStep()) {
      IdleEnergy one;
      one.id = find.getColumn(0).getInt64();
      one.energy = read_sample(find, 1);
      int i = 7;
      for (std::string* text : {&one.source, &one.method, &one.flags, &one.tariff, &one.currency})
        *text = find.getColumn(i++).getString();
      one.cost = read_cost(find, i);
      one.co2_milligrams = optional_int(find.getColumn(i++));
      one.price = read_price(find, i);
      all.push_back(std::move(one));
    }
    return all;
  });
}

}  // namespace turbodiff::store
