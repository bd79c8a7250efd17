#include "meter/nvml.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <array>

namespace turbodiff::meter {
namespace {

// nvmlReturn_t
constexpr int success = 0;
constexpr int uninitialized = 1;
constexpr int driver_not_loaded = 9;
constexpr int gpu_is_lost = 15;
constexpr int reset_required = 16;

using Device = void*;

// nvmlUtilization_t, nvmlMemory_t, nvmlFieldValue_t
struct Utilization {
  unsigned int gpu = 0, memory = 0;
};
struct Memory {
  unsigned long long total = 0, free = 0, used = 0;
};
struct FieldValue {
  unsigned int field = 0, scope = 0;
  long long timestamp = 0, latency = 0;
  int type = 0, result = -1;
  union {
    unsigned int number;
    unsigned long long large;
  } value = {.large = 0};
};
static_assert(sizeof(FieldValue) == 40);
constexpr unsigned int field_power_instant = 186;
constexpr int type_unsigned_int = 1;

bool is_loss(int result) {
  return result == gpu_is_lost || result == reset_required || result == uninitialized ||
         result == driver_not_loaded;
}

}  // namespace

struct Nvml::Library {
  void* handle = nullptr;
  bool initialized = false;
  std::vector<bool> no_instant_power;
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  const char* (*error_string)(int) = nullptr;
  int (*get_count)(unsigned int*) = nullptr;
  int (*get_handle)(unsigned int, Device*) = nullptr;
  int (*get_name)(Device, char*, unsigned int) = nullptr;
  int (*get_uuid)(Device, char*, unsigned int) = nullptr;
  int (*get_energy)(Device, unsigned long long*) = nullptr;
  int (*get_power)(Device, unsigned int*) = nullptr;
  int (*get_fields)(Device, int, FieldValue*) = nullptr;
  int (*get_utilization)(Device, Utilization*) = nullptr;
  int (*get_memory)(Device, Memory*) = nullptr;
  int (*get_limit)(Device, unsigned int*) = nullptr;
  int (*get_default_limit)(Device, unsigned int*) = nullptr;
  int (*get_limit_range)(Device, unsigned int*, unsigned int*) = nullptr;
  int (*set_limit)(Device, unsigned int) = nullptr;

  template <typename Function>
  void find(Function& function, const char* symbol) {
    function = reinterpret_cast<Function>(::dlsym(handle, symbol));
  }
  void find_all() {
    find(init, "nvmlInit_v2");
    find(shutdown, "nvmlShutdown");
    find(error_string, "nvmlErrorString");
    find(get_count, "nvmlDeviceGetCount_v2");
    find(get_handle, "nvmlDeviceGetHandleByIndex_v2");
    find(get_name, "nvmlDeviceGetName");
    find(get_uuid, "nvmlDeviceGetUUID");
    find(get_energy, "nvmlDeviceGetTotalEnergyConsumption");
    find(get_power, "nvmlDeviceGetPowerUsage");
    find(get_fields, "nvmlDeviceGetFieldValues");
    find(get_utilization, "nvmlDeviceGetUtilizationRates");
    find(get_memory, "nvmlDeviceGetMemoryInfo");
    find(get_limit, "nvmlDeviceGetPowerManagementLimit");
    find(get_default_limit, "nvmlDeviceGetPowerManagementDefaultLimit");
    find(get_limit_range, "nvmlDeviceGetPowerManagementLimitConstraints");
    find(set_limit, "nvmlDeviceSetPowerManagementLimit");
  }
  std::string describe(int result) const {
    const char* text = error_string != nullptr ? error_string(result) : nullptr;
    return text != nullptr ? text : fmt::format("NVML error {}", result);
  }
  ~Library() {
    if (initialized && shutdown != nullptr) shutdown();
    if (handle != nullptr) ::dlclose(handle);
  }
};

Nvml::Nvml(const std::string& library) : library_(std::make_unique<Library>()) {
  library_->handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library_->handle == nullptr) {
    problem_ = fmt::format("{} is not installed", library);
    return;
  }
  library_->find_all();
  const Library& nvml = *library_;
  if (nvml.init == nullptr || nvml.get_count == nullptr || nvml.get_handle == nullptr) {
    problem_ = fmt::format("{} is no NVML that is known here", library);
    return;
  }
  open();
}

Nvml::~Nvml() = default;

void Nvml::open() {
  if (const int result = library_->init(); result != success) {
    problem_ = fmt::format("NVML does not start: {}", library_->describe(result));
    return;
  }
  library_->initialized = true;
  unsigned int count = 0;
  library_->get_count(&count);
  for (unsigned int i = 0; i < count; ++i) {
    Device device = nullptr;
    if (library_->get_handle(i, &device) != success) continue;
    std::array<char, 96> text{};
    const bool named =
        library_->get_name != nullptr && library_->get_name(device, text.data(), 64) == success;
    names_.push_back(named ? text.data() : fmt::format("GPU {}", i));
    const bool known =
        library_->get_uuid != nullptr && library_->get_uuid(device, text.data(), 80) == success;
    uuids_.push_back(known ? text.data() : "");
    handles_.push_back(device);
    library_->no_instant_power.push_back(library_->get_fields == nullptr);
  }
  if (handles_.empty()) problem_ = "the driver sees no GPU";
}

GpuReading Nvml::read(std::size_t gpu) {
  GpuReading reading;
  Library& nvml = *library_;
  Device device = handles_[gpu];
  const auto succeeded = [&](int result) {
    reading.lost = reading.lost || is_loss(result);
    return result == success;
  };
  unsigned long long energy = 0;
  if (nvml.get_energy != nullptr && succeeded(nvml.get_energy(device, &energy))) reading.counter_mj = energy;
  if (!nvml.no_instant_power[gpu]) {
    FieldValue field;
    field.field = field_power_instant;
    const int result = nvml.get_fields(device, 1, &field);
    if (result == success && field.result == success && field.type == type_unsigned_int)
      reading.milliwatts = field.value.number;
    else
      nvml.no_instant_power[gpu] = !is_loss(result);
  }
  unsigned int power = 0;
  if (!reading.milliwatts && nvml.get_power != nullptr && succeeded(nvml.get_power(device, &power)))
    reading.milliwatts = power;
  Utilization utilization;
  if (nvml.get_utilization != nullptr && succeeded(nvml.get_utilization(device, &utilization)))
    reading.permille = static_cast<std::int64_t>(utilization.gpu) * 10;
  Memory memory;
  if (nvml.get_memory != nullptr && succeeded(nvml.get_memory(device, &memory)))
    reading.used_bytes = static_cast<std::int64_t>(memory.used);
  return reading;
}

std::optional<GpuPowerLimit> Nvml::power_limit(std::size_t gpu) {
  const Library& nvml = *library_;
  if (nvml.get_limit == nullptr || nvml.get_default_limit == nullptr || nvml.get_limit_range == nullptr)
    return std::nullopt;
  unsigned int current = 0, usual = 0, low = 0, high = 0;
  Device device = handles_[gpu];
  if (nvml.get_limit(device, &current) != success || nvml.get_default_limit(device, &usual) != success ||
      nvml.get_limit_range(device, &low, &high) != success)
    return std::nullopt;
  return GpuPowerLimit{current, usual, low, high};
}

std::string Nvml::set_power_limit(std::size_t gpu, std::int64_t milliwatts) {
  if (library_->set_limit == nullptr) return "the driver cannot set power limits";
  const int result = library_->set_limit(handles_[gpu], static_cast<unsigned int>(milliwatts));
  return result == success ? std::string() : library_->describe(result);
}

}  // namespace turbodiff::meter
