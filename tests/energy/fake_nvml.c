/* Stands for NVIDIA's libnvidia-ml.so.1: the same names, types and codes, driven by a trace.
 *
 * A test that has loaded it sets its state with fake_nvml_set(). Another program is driven by the file that
 * FAKE_NVML_TRACE names, also when another is renamed to it, with one event a line, times in seconds of
 * CLOCK_BOOTTIME:
 *   watts TIME W     from then on the GPU draws W
 *   lost TIME        it has fallen off the bus
 *   back TIME        it is there again
 *   reset TIME       the counter begins anew at 0
 *   start MILLIJOULES     the counter at the first line
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { SUCCESS = 0, UNINITIALIZED = 1, INVALID = 2, NOT_SUPPORTED = 3, NO_PERMISSION = 4, LOST = 15 };

struct state {
  int counter_result, power_result;
  unsigned long long counter_mj;
  unsigned int power_mw, utilisation;
  unsigned long long memory_used;
  unsigned int limit_mw;
};
static struct state state = {SUCCESS, SUCCESS, 0, 30000, 0, 1 << 20, 300000};
static int initialized = 0;
static int device_one;

struct event {
  char kind;
  double time, value;
};
static struct event events[4096];
static int event_count = 0;
static double start_mj = 0;

void fake_nvml_set(int counter_result, unsigned long long counter_mj, int power_result, unsigned int power_mw,
                   unsigned int utilisation) {
  state.counter_result = counter_result;
  state.counter_mj = counter_mj;
  state.power_result = power_result;
  state.power_mw = power_mw;
  state.utilisation = utilisation;
}

/* When it is not the file that was read last. */
static void read_trace(const char* name) {
  static ino_t last = 0;
  struct stat file;
  char kind[16];
  if (stat(name, &file) != 0 || file.st_ino == last) return;
  FILE* in = fopen(name, "r");
  if (in == NULL) return;
  last = file.st_ino;
  event_count = 0;
  while (event_count < 4096 && fscanf(in, "%15s", kind) == 1) {
    struct event e = {kind[0], 0, 0};
    if (strcmp(kind, "start") == 0) {
      if (fscanf(in, "%lf", &start_mj) != 1) break;
      continue;
    }
    if (fscanf(in, "%lf", &e.time) != 1) break;
    if (strcmp(kind, "watts") == 0 && fscanf(in, "%lf", &e.value) != 1) break;
    events[event_count++] = e;
  }
  fclose(in);
}

/* The state of the trace now. */
static void follow(void) {
  const char* trace = getenv("FAKE_NVML_TRACE");
  if (trace != NULL) read_trace(trace);
  if (event_count == 0) return;
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  const double t = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
  double energy = start_mj, watts = 0, since = events[0].time;
  int lost = 0;
  for (int i = 0; i < event_count && events[i].time <= t; ++i) {
    const struct event* e = &events[i];
    energy += watts * (e->time - since) * 1e3;
    since = e->time;
    if (e->kind == 'w') watts = e->value;
    if (e->kind == 'l') lost = 1;
    if (e->kind == 'b') lost = 0;
    if (e->kind == 'r') energy = 0;
  }
  if (t > since) energy += watts * (t - since) * 1e3;
  const int result = lost ? LOST : SUCCESS;
  fake_nvml_set(result, (unsigned long long)energy, result, (unsigned int)(watts * 1e3), watts > 100 ? 90 : 5);
}

int nvmlInit_v2(void) {
  if (getenv("FAKE_NVML_NO_DRIVER") != NULL) return 9;
  initialized = 1;
  return SUCCESS;
}

int nvmlShutdown(void) {
  initialized = 0;
  return SUCCESS;
}

const char* nvmlErrorString(int result) {
  switch (result) {
    case SUCCESS: return "Success";
    case NOT_SUPPORTED: return "Not Supported";
    case NO_PERMISSION: return "Insufficient Permissions";
    case 9: return "Driver Not Loaded";
    case LOST: return "GPU is lost";
    default: return "Unknown Error";
  }
}

int nvmlDeviceGetCount_v2(unsigned int* count) {
  if (!initialized) return UNINITIALIZED;
  *count = 1;
  return SUCCESS;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void** device) {
  if (!initialized) return UNINITIALIZED;
  if (index != 0) return INVALID;
  *device = &device_one;
  return SUCCESS;
}

int nvmlDeviceGetName(void* device, char* name, unsigned int length) {
  snprintf(name, length, "Fake GPU");
  return SUCCESS;
}

int nvmlDeviceGetUUID(void* device, char* uuid, unsigned int length) {
  snprintf(uuid, length, "GPU-00000000-0000-0000-0000-000000000001");
  return SUCCESS;
}

int nvmlDeviceGetTotalEnergyConsumption(void* device, unsigned long long* energy) {
  if (!initialized) return UNINITIALIZED;
  if (device != &device_one) return INVALID;
  follow();
  *energy = state.counter_mj;
  return state.counter_result;
}

int nvmlDeviceGetPowerUsage(void* device, unsigned int* power) {
  if (!initialized) return UNINITIALIZED;
  follow();
  *power = state.power_mw;
  return state.power_result;
}

struct utilization {
  unsigned int gpu, memory;
};
int nvmlDeviceGetUtilizationRates(void* device, struct utilization* utilization) {
  if (state.power_result == LOST) return LOST;
  utilization->gpu = state.utilisation;
  utilization->memory = 0;
  return SUCCESS;
}

struct memory {
  unsigned long long total, free, used;
};
int nvmlDeviceGetMemoryInfo(void* device, struct memory* memory) {
  if (state.power_result == LOST) return LOST;
  memory->total = 8ull << 30;
  memory->used = state.memory_used;
  memory->free = memory->total - memory->used;
  return SUCCESS;
}

/* The power limit outlives the process, as that of a real GPU does, in the file FAKE_NVML_LIMIT. */
static unsigned int load_limit(void) {
  const char* name = getenv("FAKE_NVML_LIMIT");
  FILE* in = name != NULL ? fopen(name, "r") : NULL;
  unsigned int value = state.limit_mw;
  if (in != NULL) {
    if (fscanf(in, "%u", &value) != 1) value = state.limit_mw;
    fclose(in);
  }
  return value;
}

int nvmlDeviceGetPowerManagementLimit(void* device, unsigned int* limit) {
  *limit = load_limit();
  return SUCCESS;
}

int nvmlDeviceGetPowerManagementDefaultLimit(void* device, unsigned int* limit) {
  *limit = 300000;
  return SUCCESS;
}

int nvmlDeviceGetPowerManagementLimitConstraints(void* device, unsigned int* low, unsigned int* high) {
  *low = 100000;
  *high = 350000;
  return SUCCESS;
}

int nvmlDeviceSetPowerManagementLimit(void* device, unsigned int limit) {
  if (limit < 100000 || limit > 350000) return INVALID;
  if (getenv("FAKE_NVML_NO_PERMISSION") != NULL) return NO_PERMISSION;
  state.limit_mw = limit;
  const char* name = getenv("FAKE_NVML_LIMIT");
  FILE* out = name != NULL ? fopen(name, "w") : NULL;
  if (out != NULL) {
    fprintf(out, "%u\n", limit);
    fclose(out);
  }
  return SUCCESS;
}
