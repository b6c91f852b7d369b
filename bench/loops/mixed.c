// SPDX-License-Identifier: Apache-2.0
// Arithmetic, memory and calls in about equal parts: counts keys in a hash table with chains.

#define BUCKETS 256
#define NODES 1024

struct node {
    unsigned long key;
    unsigned int count;
    int next;
};

struct table {
    int heads[BUCKETS];
    struct node nodes[NODES];
    int used;
};

static __attribute__((noipa)) unsigned long hash(unsigned long key)
{
    key ^= key >> 33;
    key *= 0xFF51AFD7ED558CCDUL;
    return key ^ key >> 29;
}

static __attribute__((noipa)) unsigned int count(struct table *table, unsigned long key)
{
    int *head = &table->heads[hash(key) % BUCKETS];
    for (int i = *head; i != 0; i = table->nodes[i].next)
        if (table->nodes[i].key == key)
            return ++table->nodes[i].count;
    struct node *node = &table->nodes[++table->used];
    node->key = key;
    node->count = 1;
    node->next = *head;
    *head = table->used;
    return 1;
}

unsigned long round(unsigned long seed)
{
    struct table *table = (struct table *) DATA;
    for (int i = 0; i < BUCKETS; i++)
        table->heads[i] = 0;
    table->used = 0;
    unsigned long sum = seed;
    for (int i = 0; i < 4096; i++) {
        seed = seed * 6364136223846793005UL + 1442695040888963407UL;
        unsigned int many = count(table, seed >> 55);
        sum += many > 4 ? many : seed;
    }
    return sum;
}
