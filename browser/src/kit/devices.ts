/** When to ask for a device again. */

/** Resolves when devices come or go, a permission changes, the page is looked at, or time is over. */
export function devicesChanged(kind: "mic" | "cam", withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const media = navigator.mediaDevices as MediaDevices | undefined;
    let permission: PermissionStatus | null = null;
    let over = false;
    const end = (): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      media?.removeEventListener("devicechange", end);
      permission?.removeEventListener("change", end);
      resolve();
    };
    const timer = setTimeout(end, withinMs);
    media?.addEventListener("devicechange", end);
    const name = (kind === "mic" ? "microphone" : "camera") as PermissionName;
    // Not every browser knows these permissions; then time alone decides.
    navigator.permissions?.query({ name }).then(
      (status) => {
        if (over) return;
        permission = status;
        status.addEventListener("change", end);
      },
      () => undefined,
    );
  });
}
