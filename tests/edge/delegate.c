/* The smallest TFLite delegate: it takes no operation, or refuses by the way that NO names. The struct is TfLiteDelegate. */
#include <stddef.h>
#include <stdint.h>

#ifndef NO
#define NO 0
#endif
enum { NO_DEVICE = 1, NO_NET = 2 };

struct delegate {
  void *data;
  int (*prepare)(void *context, struct delegate *self);
  void *copy_from, *copy_to, *free_handle;
  int64_t flags;
  void *opaque;
};

static int prepare(void *context, struct delegate *self) {
  (void)context;
  (void)self;
  return NO == NO_NET;
}

static struct delegate only = {.prepare = prepare};

void *tflite_plugin_create_delegate(char **keys, char **values, size_t count, void (*report)(const char *)) {
  (void)keys;
  (void)values;
  (void)count;
  if (NO != NO_DEVICE) return &only;
  report("no device is plugged in");
  return NULL;
}

void tflite_plugin_destroy_delegate(void *self) { (void)self; }
