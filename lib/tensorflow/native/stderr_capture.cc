// Holds back what native code writes to file descriptor 2, so that it can be read before anyone sees it.
// TensorFlow logs while its library is being loaded, before any of its settings counts; this is a separate addon
// because it has to be there first.
#include <node_api.h>

#include <cstdio>
#include <mutex>
#include <string>

#ifdef _WIN32
#include <io.h>
#define dup _dup
#define dup2 _dup2
#define close _close
#define fileno _fileno
#else
#include <unistd.h>
#endif

namespace {

// One capture at a time in the process: descriptor 2 belongs to all threads.
std::mutex mutex;
std::FILE *held = nullptr;
int original = -1;

// start(): boolean; false where a capture runs already or descriptor 2 cannot be redirected.
napi_value Start(napi_env env, napi_callback_info) {
  std::lock_guard<std::mutex> lock(mutex);
  bool started = false;
  if (!held) {
    std::fflush(stderr);
    // A file and not a pipe: nothing reads until the capture ends, and a full pipe would block the writer.
    held = std::tmpfile();
    original = held ? dup(2) : -1;
    started = original >= 0 && dup2(fileno(held), 2) >= 0;
    if (!started) {
      if (original >= 0) close(original);
      if (held) std::fclose(held);
      held = nullptr;
    }
  }
  napi_value result;
  napi_get_boolean(env, started, &result);
  return result;
}

// stop(): string; descriptor 2 is what it was, and the text that was held back is the result.
napi_value Stop(napi_env env, napi_callback_info) {
  std::lock_guard<std::mutex> lock(mutex);
  std::string text;
  if (held) {
    std::fflush(stderr);
    dup2(original, 2);
    close(original);
    std::fseek(held, 0, SEEK_SET);
    char buffer[4096];
    for (size_t n; (n = std::fread(buffer, 1, sizeof(buffer), held)) > 0;) text.append(buffer, n);
    std::fclose(held);
    held = nullptr;
  }
  napi_value result;
  napi_create_string_utf8(env, text.data(), text.size(), &result);
  return result;
}

napi_value Init(napi_env env, napi_value exports) {
  const napi_property_descriptor properties[] = {
      {"start", nullptr, Start, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"stop", nullptr, Stop, nullptr, nullptr, nullptr, napi_default, nullptr},
  };
  napi_define_properties(env, exports, 2, properties);
  return exports;
}

}  // namespace

NAPI_MODULE(stderr_capture, Init)
