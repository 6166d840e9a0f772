// The browser's own store of what waits to be sent: an entry by the key of its submission.
const NAME = 'gridflow-waiting';
const ENTRIES = 'entries';

function opened() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(ENTRIES, { keyPath: 'key' });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function inStore(mode, act) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const work = database.transaction(ENTRIES, mode);
      const asked = act(work.objectStore(ENTRIES));
      work.oncomplete = () => resolve(asked.result);
      work.onerror = () => reject(work.error);
      work.onabort = () => reject(work.error);
    });
  } finally {
    database.close();
  }
}

export const putOne = (entry) => inStore('readwrite', (store) => store.put(entry));
export const deleteOne = (key) => inStore('readwrite', (store) => store.delete(key));
export const listAll = () => inStore('readonly', (store) => store.getAll());
